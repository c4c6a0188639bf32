"""%nnreg fit on a folder of Parquet files."""

import pytest


@pytest.fixture(scope="module")
def folder(kernel):
    kernel.run(
        "import pathlib\n"
        "pathlib.Path('sales').mkdir(exist_ok=True)\n"
        "for number in range(3):\n"
        "    houses.iloc[number * 60 : (number + 1) * 60].to_parquet(f'sales/{number}.parquet', row_group_size=25)"
    )
    return "sales/"


@pytest.mark.parametrize("path", ["sales/", "sales/*.parquet"])
def test_a_folder_is_named_like_a_table(kernel, folder, path):
    shown = kernel.text(f"%nnreg fit {path} --target price --stream yes --epochs 2 --hidden 8 -o streamed")
    assert "Streamed from 3 files: 180 rows in 9 row groups." in shown
    assert kernel.text("streamed.n_rows_['train'], streamed.data_spec_.stream") == "(115, 'yes')"


def test_mistakes_are_told(kernel, folder):
    assert kernel.fails("%nnreg fit sails/ --target price") == [
        'nbreg: There is no folder "sails/". Did you mean "sales"?'
    ]
    assert "(--stream yes) takes .parquet files" in kernel.fails("%nnreg fit houses --target price --stream yes")[0]
