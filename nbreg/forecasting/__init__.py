"""Forecasts of series: an estimator of windows, what it predicts beyond a table's end, and how sure that is."""
