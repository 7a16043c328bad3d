import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from envirosense.core.errors import DatasetError
from envirosense.datasets.hashing import StreamHasher, content_hash, logical_hash

TABLE = pa.table(
    {
        "i": pa.array([1, None, 3, 4, None, 6], pa.int32()),
        "f": pa.array([0.5, -0.0, None, float("inf"), 2.0, 1e-30], pa.float64()),
        "flag": pa.array([True, False, None, True, True, None]),
        "text": pa.array(["a", "", None, "bc", "é", "a"]),
        "bytes": pa.array([b"", b"\x00", None, b"xy", b"z", b""]),
        "plane": pa.array([b"abcd", b"efgh", b"ijkl", None, b"mnop", b"qrst"], pa.binary(4)),
        "time": pa.array(np.arange(6), pa.timestamp("us", "UTC")),
        "many": pa.array([[1, 2], [], None, [3], [None], [4, 5]], pa.list_(pa.int16())),
        "nothing": pa.nulls(6),
    }
)


@given(st.lists(st.integers(0, 6), max_size=4))
def test_where_rows_are_cut_does_not_matter(cuts):
    hasher = StreamHasher(TABLE.schema)
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), 6], strict=True):
        hasher.update(TABLE.slice(first, last - first))
    assert hasher.hexdigest() == content_hash(TABLE)


def test_a_round_trip_through_parquet_keeps_the_hash(tmp_path):
    for version, rows in (("1.0", 2), ("2.6", 5)):
        table = TABLE.drop_columns("nothing")
        pq.write_table(table, tmp_path / "x.parquet", version=version, row_group_size=rows)
        assert content_hash(pq.read_table(tmp_path / "x.parquet")) == content_hash(table)


def test_column_order_and_physical_type_do_not_matter():
    assert content_hash(TABLE.select(TABLE.schema.names[::-1])) == content_hash(TABLE)
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        as_other = TABLE.set_column(3, "text", TABLE["text"].cast(kind))
        assert content_hash(as_other) == content_hash(TABLE)


def test_values_under_nulls_do_not_matter():
    def column(hidden: int) -> pa.Table:
        values = np.array([1, hidden, 3], np.int32)
        return pa.table({"x": pa.array(values, mask=np.array([False, True, False]))})

    buffers = [column(k)["x"].chunk(0).buffers()[1].to_pybytes()[:12] for k in (7, 8)]
    assert buffers[0] != buffers[1]
    assert content_hash(column(7)) == content_hash(column(8))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([1, 2]), pa.array([1, 3])),
        (pa.array([1, 2]), pa.array([1, 2], pa.int32())),
        (pa.array([0, None]), pa.array([0, 0])),
        (pa.array([None, 0]), pa.array([0, None])),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array(["", None]), pa.array([None, ""])),
        (pa.array([[1], [2]]), pa.array([[1, 2], []])),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([], pa.int8()), pa.array([], pa.int16())),
    ],
)
def test_what_differs_has_another_hash(one, other):
    assert content_hash(pa.table({"x": one})) != content_hash(pa.table({"x": other}))


def test_the_name_of_a_column_counts():
    assert content_hash(pa.table({"x": [1]})) != content_hash(pa.table({"y": [1]}))


def test_the_hash_follows_its_definition():
    values = np.array([1, 0, 3], "<i4").tobytes()
    nulls = np.array([1], "<i8").tobytes()
    parts = b"".join(blake3(part).digest() for part in (values, nulls, b""))
    column = blake3(b"int32\x1f3\x1f" + parts).digest()
    expected = blake3(b"x\x1f" + column).hexdigest()
    assert content_hash(pa.table({"x": pa.array([1, None, 3], pa.int32())})) == expected


def test_a_type_without_hash_is_refused():
    with pytest.raises(DatasetError, match=r"struct.*no content hash"):
        content_hash(pa.table({"x": [{"a": 1}]}))


def test_the_logical_hash_ignores_order_but_not_failures():
    entries = [("a", "x", "1"), ("b", "x", "2")]
    assert logical_hash(entries) == logical_hash(entries[::-1])
    assert logical_hash([*entries, ("c", "failed")]) != logical_hash(entries)


@pytest.mark.parametrize("fact", ["unit", "scale", "offset"])
def test_what_a_number_is_worth_counts_and_its_description_does_not(fact):
    def told(**metadata):
        return content_hash(pa.table([[1, 2]], schema=pa.schema([pa.field("x", pa.int64(), True, metadata)])))

    assert told(**{fact: "1"}) != told(**{fact: "2"})
    assert told(**{fact: "1"}) == told(**{fact: "1"}, description="anything")
