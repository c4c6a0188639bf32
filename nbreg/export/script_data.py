"""The data part of a stand-alone script: read, part, encode and scale, as nbreg did."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbreg.data.categories import CategoryColumn
from nbreg.data.encoding import Encoder
from nbreg.data.quantities import QuantityColumn
from nbreg.data.spec import DataSpec
from nbreg.data.spectra import ChannelColumn
from nbreg.data.targets import TargetScaler
from nbreg.export.call_code import named
from nbreg.export.script_signal import channel_names_code, signal_lines

Lines = list[str]


def reading_lines(spec: DataSpec, encoder: Encoder, table: str) -> Lines:
    """Return the lines that read the table and drop the rows without a target."""
    dates = [column.name for column in _quantities(encoder) if column.kind == "date"]
    if spec.split == "time" and spec.time is not None and spec.time not in dates:
        dates += [spec.time]
    if table.lower().endswith(".parquet"):
        read = f"pd.read_parquet({table!r})"
    else:
        read = f"pd.read_csv({table!r}{f', parse_dates={dates!r}' if dates else ''})"
    needed = [*spec.target, *([spec.time] if spec.split == "time" else [])]
    return [
        f"TARGETS = {list(spec.target)!r}",
        f"table = {read}",
        f"table = table.dropna(subset={needed!r}).reset_index(drop=True)",
    ]


def splitting_lines(spec: DataSpec) -> Lines:
    """Return the lines that part the rows, before anything is learned from them."""
    shares = [f"n_test, n_validation = share({spec.test_fraction!r}), share({spec.validation_fraction!r})"]
    by = {"random": _random_split, "time": _time_split, "group": _group_split}[spec.split](spec)
    count = f"table[{spec.group!r}].nunique()" if spec.split == "group" else "len(table)"
    return [
        "def share(fraction):",
        f"    return max(1, round(fraction * {count})) if fraction else 0",
        "",
        "",
        *shares,
        *by,
        "train, validation, test = (table.iloc[np.sort(rows)] for rows in (train_rows, validation_rows, test_rows))",
    ]


def _random_split(spec: DataSpec) -> Lines:
    lines = ["train_rows = np.arange(len(table))"]
    for which in ("test", "validation"):
        if getattr(spec, f"{which}_fraction"):
            taken = f"train_test_split(train_rows, test_size=n_{which}, random_state={spec.seed})"
            lines.append(f"train_rows, {which}_rows = {taken}")
        else:
            lines.append(f"{which}_rows = train_rows[:0]")
    return lines


def _group_split(spec: DataSpec) -> Lines:
    lines = [
        f"groups = table[{spec.group!r}].factorize()[0]",
        "groups = np.where(groups < 0, groups.max() + 1, groups)  # rows without a group are one",
        "train_rows = np.arange(len(table))",
    ]
    for which in ("test", "validation"):
        lines.append(f"{which}_rows = train_rows[:0]")
        if getattr(spec, f"{which}_fraction"):
            lines += [
                f"splitter = GroupShuffleSplit(n_splits=1, test_size=n_{which}, random_state={spec.seed})",
                "kept, taken = next(splitter.split(train_rows, groups=groups[train_rows]))",
                f"train_rows, {which}_rows = train_rows[kept], train_rows[taken]",
            ]
    return lines


def _time_split(spec: DataSpec) -> Lines:
    return [
        f"order = np.argsort(table[{spec.time!r}].to_numpy(), kind='stable')",
        f"times = table[{spec.time!r}].to_numpy()[order]",
        "",
        "",
        "def before_ties(cut):  # rows of one time stay together",
        "    return np.searchsorted(times, times[cut]) if 0 < cut < len(times) else cut",
        "",
        "",
        "test_from = before_ties(len(table) - n_test)",
        "validation_from = before_ties(test_from - n_validation)",
        "train_rows, validation_rows, test_rows = np.split(order, [validation_from, test_from])",
    ]


def encoding_lines(encoder: Encoder) -> Lines:
    """Return the lines that turn columns into inputs, all of it learned from the train rows."""
    quantities, categories = _quantities(encoder), _categories(encoder)
    lines: Lines = []
    if quantities or encoder.signal is not None:
        lines += _quantity_lines(encoder, quantities)
    if categories:
        lines += _category_lines(categories)
    return lines + _assembly_lines(encoder)


def _quantity_lines(encoder: Encoder, columns: list[QuantityColumn]) -> Lines:
    plain = [column.name for column in columns if column.kind != "date"]
    dates = {column.name: list(column.parts) for column in columns if column.kind == "date"}
    scaled = [_part(c, p) for c in columns for p, is_scaled in zip(c.parts, c.is_scaled, strict=True) if is_scaled]
    signal = encoder.signal
    lines = [] if signal is None else channel_names_code("CHANNELS", signal.names)
    lines += [*named("PLAIN", plain), *(named("DATES", dates) if dates else [])]
    lines += named("SCALED", scaled) if signal is None else [f"SCALED = CHANNELS{f' + {scaled!r}' if scaled else ''}"]
    lines += ["", ""] + ([*_CALENDAR.strip("\n").splitlines(), "", ""] if dates else [])
    lines += [] if signal is None else [*signal_lines(signal), "", ""]
    lines += _QUANTITIES.strip("\n").splitlines()
    lines += [] if signal is None else ["    columns.update(zip(CHANNELS, signal(frame).T))"]
    if dates:
        lines += _DATE_QUANTITIES.strip("\n").splitlines()
    lines += ["    return pd.DataFrame(columns, index=frame.index)", "", "", "learned = quantities(train)"]
    lines += ["MEDIANS = learned.median()"]
    return lines + (_scaling_lines(encoder) if scaled or signal is not None else [])


def _scaling_lines(encoder: Encoder) -> Lines:
    if encoder.scaling == "robust":
        return _ROBUST.strip("\n").splitlines()
    if encoder.scaling == "none":
        return ["", "", "def scale(values):", "    return values"]
    made = {
        "standard": "StandardScaler()",
        "minmax": "MinMaxScaler()",
        "quantile": "QuantileTransformer(n_quantiles=min(1000, len(train)), "
        "output_distribution='normal', random_state=0)",
    }[encoder.scaling]
    fitted = f"scaler = {made}.fit(learned[SCALED].to_numpy())"
    return [fitted, "", "", "def scale(values):", "    return scaler.transform(values)"]


def _category_lines(columns: list[CategoryColumn]) -> Lines:
    rare = columns[0].rare_below
    one_hot = [column.name for column in columns if not column.is_embedded]
    embedded = [column.name for column in columns if column.is_embedded]
    lines = ["", "", *_LEVELS.strip("\n").splitlines(), "", ""]
    if one_hot:
        lines += ["# Levels on few train rows share one input, which new levels join.", *named("CATEGORIES", one_hot)]
        lines += _ONE_HOT.format(rare=rare).strip("\n").splitlines()
    if embedded:
        lines += ["# Codes for the network to embed; rare levels share the last one, OTHER, which new levels join."]
        lines += named("OTHER", {c.name: len(c.levels) for c in columns if c.is_embedded})
        lines += _CODES.format(rare=rare).strip("\n").splitlines()
    return lines


def _assembly_lines(encoder: Encoder) -> Lines:
    quantities = {column.name: column for column in _quantities(encoder)}
    one_hot = [column.name for column in _categories(encoder) if not column.is_embedded]
    embedded = [column.name for column in _categories(encoder) if column.is_embedded]
    parts = {name: [_part(column, part) for part in column.parts] for name, column in quantities.items()}
    with_gaps = {name: parts[name][0] for name, column in quantities.items() if column.has_gaps}
    in_order = [c.name for c in encoder.columns if c.name not in embedded and not isinstance(c, ChannelColumn)]
    has_signal = encoder.signal is not None
    lines = ["", *(named("PARTS", parts) if parts else []), *(named("WITH_GAPS", with_gaps) if with_gaps else [])]
    lines += named("IN_ORDER", in_order) if in_order else []
    lines += [
        "",
        "",
        "def encode(frame):",
        '    """Return the network\'s inputs, float32, a row for each of the frame."""',
    ]
    if parts or has_signal:
        gaps = ["    values = quantities(frame)", "    gaps, values = values.isna(), values.fillna(MEDIANS)"]
        lines += gaps if with_gaps else ["    values = quantities(frame).fillna(MEDIANS)"]
        lines += (
            ["    values[SCALED] = scale(values[SCALED].to_numpy())"]
            if has_signal or any(_scaled(c) for c in quantities.values())
            else []
        )
    lines += ["    inputs = [values[CHANNELS]]" if has_signal else "    inputs = []"]
    lines += [*(["    for name in IN_ORDER:"] if in_order else [])]
    branches = [("name in PARTS", "inputs.append(values[PARTS[name]])")] if parts else []
    branches += [("name in ONE_HOT", "inputs.append(ONE_HOT[name].transform(levels(frame[name])))")] if one_hot else []
    for position, (condition, action) in enumerate(branches):
        lines += [f"        {'if' if position == 0 else 'elif'} {condition}:", f"            {action}"]
    if with_gaps:
        lines += ["        if name in WITH_GAPS:", "            inputs.append(gaps[WITH_GAPS[name]])"]
    if embedded:
        lines += ["    for name in CODES:", "        codes = CODES[name].transform(levels(frame[name]))"]
        lines += ["        inputs.append(np.where(np.isnan(codes), OTHER[name], codes))"]
    return [*lines, "    return np.column_stack(inputs).astype('float32')"]


def target_lines(scaler: TargetScaler) -> Lines:
    """Return the lines that bend and scale the targets, and the way back."""
    lines = [*_bend_lines(scaler), f"targets = {bent(scaler, 'train[TARGETS].to_numpy(float)')}"]
    mean = "targets.mean(axis=0)" if scaler.mean_.any() else "0.0"
    lines += [f"MEAN, SCALE = {mean}, targets.std(axis=0)"]
    if scaler.bounds is not None and not scaler.are_shares:
        lines += ["# What predictions never leave, in target units."]
        lines += [f"LEAST, GREATEST = {_numbers(scaler.bounds[0])}, {_numbers(scaler.bounds[1])}"]
    if is_cut(scaler):
        lines += ["# Scaled predictions are cut here before they are bent back, lest a small excess explode."]
        lines += [f"LOWER = {_numbers(scaler.lower_)}", f"UPPER = {_numbers(scaler.upper_)}"]
    learned = bent(scaler, "frame[TARGETS].to_numpy(float)")
    return [*lines, "", "", *_SCALED_TARGETS.format(targets=learned).strip("\n").splitlines()]


def _bend_lines(scaler: TargetScaler) -> Lines:
    """Return the definitions of ``bend`` and ``unbend``; none where targets stay as they are."""
    if not is_bent(scaler):
        return []
    kinds = list(zip(scaler.chosen, scaler.lambdas_.tolist(), strict=True))
    bends = ", ".join(_bend_code(kind, lambda_, i) for i, (kind, lambda_) in enumerate(kinds))
    backs = ", ".join(_unbend_code(kind, lambda_, i) for i, (kind, lambda_) in enumerate(kinds))
    lines = ["", ""] + ([*_YEO_JOHNSON.strip("\n").splitlines(), "", ""] if "yeo-johnson" in scaler.chosen else [])
    lines += ["def bend(y):", f"    return np.column_stack([{bends}])", "", "", "def unbend(y):"]
    return [*lines, f"    return np.column_stack([{backs}])", "", ""]


def bent(scaler: TargetScaler, targets: str) -> str:
    """Return the code of targets as they are before they are scaled."""
    return f"bend({targets})" if is_bent(scaler) else targets


def is_bent(scaler: TargetScaler) -> bool:
    """Return whether any target is learned as something else than it is, such as its logarithm."""
    return any(kind != "none" for kind in scaler.chosen)


def array_lines(*, has_validation: bool) -> Lines:
    """Return the lines that make inputs and scaled targets of the rows that training sees."""
    names = ["train", "validation"] if has_validation else ["train"]
    return ["", "", *(f"x_{name}, y_{name} = encode({name}), scaled_targets({name})" for name in names)]


def is_cut(scaler: TargetScaler) -> bool:
    """Return whether scaled predictions are cut before they are bent back."""
    return is_bent(scaler) and bool(np.isfinite([*scaler.lower_, *scaler.upper_]).any())


def _bend_code(kind: str, lambda_: float, i: int) -> str:
    column = f"y[:, {i}]"
    return {"none": column, "log": f"np.log({column})"}.get(kind, f"yeo_johnson({column}, {lambda_!r})")


def _unbend_code(kind: str, lambda_: float, i: int) -> str:
    column = f"y[:, {i}]"
    return {"none": column, "log": f"np.exp({column})"}.get(kind, f"yeo_johnson_inverse({column}, {lambda_!r})")


def _numbers(values: Any) -> str:
    return repr([float(value) for value in values]).replace("inf", "np.inf")


def _part(column: QuantityColumn, part: str) -> str:
    return f"{column.name} {part}" if part else column.name


def _scaled(column: QuantityColumn) -> bool:
    return any(column.is_scaled)


def _quantities(encoder: Encoder) -> list[QuantityColumn]:
    """Return the columns of quantities, but for the channels of a signal."""
    quantities = [column for column in encoder.columns if isinstance(column, QuantityColumn)]
    return [column for column in quantities if not isinstance(column, ChannelColumn)]


def _categories(encoder: Encoder) -> list[CategoryColumn]:
    return [column for column in encoder.columns if isinstance(column, CategoryColumn)]


_QUANTITIES = '''
def quantities(frame):
    """Return a float column for each number, flag and part of a date; gaps are NaN."""
    columns = {name: frame[name].astype(float) for name in PLAIN}
'''

_DATE_QUANTITIES = """
    for name, parts in DATES.items():
        said = calendar(frame[name])
        columns.update({f"{name} {part}": said[part] for part in parts})
"""

_CALENDAR = '''
def calendar(times):
    """Return what dates say: year, days passed, and points on the circles of year, week and day."""
    times = times.dt.tz_localize(None).astype("datetime64[us]")
    year_starts = times.dt.to_period("Y").dt.start_time
    turns = {
        "month": (times.dt.month - 1) / 12,
        "weekday": times.dt.weekday / 7,
        "day of year": (times.dt.normalize() - year_starts) / pd.Timedelta(days=1) / 365.25,
        "hour": (times - times.dt.normalize()) / pd.Timedelta(days=1),
    }
    said = {"year": times.dt.year, "elapsed days": (times - pd.Timestamp("1970-01-01")) / pd.Timedelta(days=1)}
    for name, turn in turns.items():
        said[f"{name} sin"], said[f"{name} cos"] = np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)
    return said
'''

_ROBUST = '''
low, centre, high = np.nanpercentile(learned[SCALED], [25, 50, 75], axis=0)
half_range = np.nanmax(learned[SCALED], axis=0) / 2 - np.nanmin(learned[SCALED], axis=0) / 2
spread = np.where(high > low, high - low, half_range)
factor = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)


def scale(values):
    """Centre on the median, divide by the interquartile range, press outliers smoothly into (-3, 3)."""
    z = (values - centre) * factor
    return z / np.hypot(1.0, z / 3.0)
'''

_LEVELS = '''
def levels(column):
    """Return the text of each value, (n, 1); 3.0 and 3 are one level, a gap is a level of its own."""
    text = column.map(lambda v: str(int(v)) if isinstance(v, float) and v.is_integer() else str(v), na_action="ignore")
    return text.astype(object).where(column.notna(), "(missing)").to_numpy()[:, None]
'''

_ONE_HOT = """
ONE_HOT = {{}}
for name in CATEGORIES:
    encoder = OneHotEncoder(min_frequency={rare}, handle_unknown="infrequent_if_exist", sparse_output=False)
    ONE_HOT[name] = encoder.fit(levels(train[name]))
"""

_CODES = """
CODES = {{}}
for name in OTHER:
    encoder = OrdinalEncoder(min_frequency={rare}, handle_unknown="use_encoded_value", unknown_value=np.nan)
    CODES[name] = encoder.fit(levels(train[name]))
"""

_YEO_JOHNSON = """
def yeo_johnson(y, lambda_):
    power = np.where(y >= 0, lambda_, 2 - lambda_)
    size = np.log1p(np.abs(y))
    return np.sign(y) * np.where(power == 0, size, np.expm1(size * power) / np.where(power == 0, 1, power))


def yeo_johnson_inverse(y, lambda_):
    power = np.where(y >= 0, lambda_, 2 - lambda_)
    size = np.where(power == 0, np.abs(y), np.log1p(np.abs(y) * power) / np.where(power == 0, 1, power))
    return np.sign(y) * np.expm1(size)
"""

_SCALED_TARGETS = '''
def scaled_targets(frame):
    """Return what the network learns, float32, a row for each of the frame."""
    return (({targets} - MEAN) / SCALE).astype("float32")
'''
