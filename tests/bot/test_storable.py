"""What no database takes is replaced, and nothing else is touched."""

from bot.inbound import Delivery, Speech
from bot.storable import storable
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.request import Channel, Person


def test_half_a_letter_and_nul_are_replaced_at_any_depth() -> None:
    said = Speech(
        Delivery("slack", "Ev\x00"),
        Person("slack", "T1", "U\ud800"),
        "fix \udfff it",
        ThreadRef("T1", "C1", "1.0"),
        MessageRef("C1", "1.0"),
        True,
    )
    clean = storable(said)
    assert (clean.delivery.id, clean.by.id, clean.text) == ("Ev\ufffd", "U\ufffd", "fix \ufffd it")
    assert clean.thread is said.thread


def test_whole_letters_numbers_and_names_stay() -> None:
    assert storable("naïve 🛑\n\t") == "naïve 🛑\n\t"
    assert storable(Channel.slack_dm) is Channel.slack_dm
    assert storable((1, None, ("a\x00", True))) == (1, None, ("a\ufffd", True))
