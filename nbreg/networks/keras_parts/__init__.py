"""Keras layers, models and losses of nbreg's own, a concept a file, each registered under the package ``nbreg``.

Modules here import Keras at their top, so they are imported inside functions only.
"""
