"""What is kept of a stream."""

from hypothesis import given
from hypothesis import strategies as st

from integrations.sandboxes.output import Kept


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(0, 100))
def test_head_and_tail_are_kept_and_the_rest_is_counted(chunks: list[bytes], limit: int) -> None:
    kept = Kept(limit)
    for chunk in chunks:
        kept.add(chunk)
    whole = b"".join(chunks)
    head, tail = limit - limit // 2, limit // 2
    assert kept.dropped_bytes == max(0, len(whole) - limit)
    if len(whole) <= limit:
        assert kept.text() == whole
    else:
        text = kept.text()
        assert text.startswith(whole[:head]) and text.endswith(whole[len(whole) - tail :])
        assert text[head : len(text) - tail] == f"\n[... {kept.dropped_bytes} bytes left out ...]\n".encode()
