"""How Sortie speaks in the chat: UX §5.8, §6, §17 and the acceptance rows about them."""

from tests.rows.row import Row, at

PACE = "tasks/test_pace"
BUCKETS = "tasks/domain/test_pace"

ACCEPTANCE = (
    Row(
        "UX-06",
        "Card edits stay within the budget with many active runs; what is urgent is written within 5 s.",
        (
            *at(PACE, "eighty_cards_stay_within_slacks_limit_and_a_question_waits_for_none_of_them"),
            *at(PACE, "the_last_state_lands_however_many_cards_there_are"),
            *at(BUCKETS, "no_minute_holds_more_than_the_rate_and_one_burst"),
            *at(BUCKETS, "step_changes_never_take_what_is_kept_for_a_question"),
        ),
        but="200 cards are measured by `make bench NAME=outbox`.",
    ),
    Row(
        "UX 5.8 Retry-After",
        "Retry-After is honoured by method, and by channel for posts.",
        (
            *at(PACE, "when_slack_limits_edits_they_wait_for_as_long_as_it_says_and_posts_do_not"),
            *at(PACE, "a_limit_of_one_channel_holds_up_no_other"),
        ),
    ),
    Row(
        "UX 5.8 coalescing",
        "A newer edit of the same slot replaces an unsent older one; posts never replace each other.",
        (
            *at(PACE, "a_card_shows_its_next_step_every_five_seconds_and_always_the_newest"),
            *at(PACE, "an_edit_that_takes_the_place_of_a_more_urgent_one_is_as_urgent"),
            *at(PACE, "posts_never_take_each_others_place"),
        ),
    ),
)
