"""Tables larger than memory: Parquet files, read row group by row group.

`stored` is the table on disk, `parting` says which of its rows train, watch or test, `held` picks the rows that stay in
memory, `dataset` makes a `RegressionData` of all that, and `train_rows` gives the train rows block by block, in the
order that `order` says.
"""
