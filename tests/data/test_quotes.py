"""Quotes: what is told without splitting a text into cells is what the splitting finds."""

import csv
import io
import itertools

from sim.data.quotes import quotes_end_in_their_lines


def test_no_text_of_seven_signs_that_is_said_to_be_simple_has_a_cell_over_two_lines():
    simple = 0
    for length in range(1, 8):
        for signs in itertools.product('a,"\n', repeat=length):
            text = "".join(signs)
            if not quotes_end_in_their_lines(io.BytesIO(text.encode()), ",", 100):
                continue
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            assert not any("\n" in cell for row in rows for cell in row), text
            simple += '"' in text
    assert simple > 500


def test_blocks_long_lines_and_carriage_returns(monkeypatch):
    text = "\ufeff" + '"a b","c ""d"" e"\r\n' * 50
    for size in range(3, 40):
        monkeypatch.setattr("sim.data.quotes._BLOCK_BYTES", size)
        assert quotes_end_in_their_lines(io.BytesIO(text.encode()), ",", 100)
        assert not quotes_end_in_their_lines(io.BytesIO((text + 'x,"y\rz"').encode()), ",", 100)
        assert not quotes_end_in_their_lines(io.BytesIO((text + f'"{"x" * 100}"').encode()), ",", 100)
        assert quotes_end_in_their_lines(io.BytesIO(b"x" * 300), ",", 100)
