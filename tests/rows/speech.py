"""How Sortie speaks in the chat: UX §5.8, §6, §17 and the acceptance rows about them."""

from tests.rows.row import Row, at

PACE = "tasks/test_pace"
BUCKETS = "tasks/domain/test_pace"

CATALOGUE = "tasks/messages/test_catalogue"
PROFILE = "integrations/slack/test_profile"
NOISE = "scenarios/test_noise"

ACCEPTANCE = (
    Row(
        "UX-03",
        "Every message of the catalogue is valid, has a text that stands alone and keeps the limits, for 200 random payloads.",
        (
            *at(CATALOGUE, "every_message_of_the_catalogue_is_valid_short_and_harmless"),
            *at(CATALOGUE, "the_classic_profile_is_as_short"),
            *at(CATALOGUE, "the_catalogue_has_every_post_there_is"),
        ),
        but="M9 and M10 belong to incidents and fleets, which there are not yet.",
    ),
    Row(
        "UX-04",
        "The classic profile where the workspace refuses the plan block.",
        (
            *at(PROFILE, "slack_is_asked_with_a_plan"),
            *at(PROFILE, "what_a_workspace_takes_is_kept_and_holds_while_slack_is_away"),
            *at(PROFILE, "a_workspace_that_refuses_the_plan_after_all_gets_the_classic_card_at_once"),
        ),
    ),
    Row(
        "UX-05",
        "The happy path posts exactly three messages; of our reactions there is never more than one.",
        (
            *at("scenarios/test_happy", "a_mention_becomes_a_ready_pull_request_with_three_posts"),
            *at(NOISE, "two_reactions_at_once_are_seen_and_a_swap_is_none"),
            *at(NOISE, "more_than_six_posts_of_every_twentieth_run_are_too_many"),
        ),
        but="Every scenario is checked for two reactions at once as it ends, and the suite fails where p95 is above six posts.",
    ),
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
        "UX 6 verbosity",
        "Per channel: quiet, normal or verbose.",
        (
            *at("tasks/test_verbosity", "a_quiet_channel_is_told_only_of_what_is_ready"),
            *at("tasks/test_verbosity", "a_quiet_channel_is_told_whatever_somebody_must_act_on"),
            *at("tasks/test_verbosity", "a_verbose_channel_is_told_of_every_phase"),
        ),
    ),
    Row(
        "UX 6 M17",
        "A weekly digest where a channel wants it; figures are functions of events, and fewer than five runs have no rate.",
        (
            *at("tasks/test_digest", "a_channel_that_wants_it_is_told_once_on_monday"),
            *at("tasks/domain/test_digest", "rates_are_of_what_was_counted_and_causes_are_ranked"),
        ),
        but="No setup fixes are proposed yet: nothing finds them.",
    ),
    Row(
        "UX 6 M13",
        "At 80% of the promise without a pull request the requester is told once.",
        (
            *at("tasks/test_at_risk", "at_four_fifths_of_the_time_the_requester_is_told_once"),
            *at("tasks/test_at_risk", "a_draft_that_came_in_the_meantime_makes_it_needless"),
        ),
        but="No finish is predicted, and there is no Narrow scope button: a reply does that.",
    ),
    Row(
        "UX 5.8 ready",
        "A post that must be known and that the outbox gives up reaches the requester as a direct message.",
        (*at("tasks/test_publish", "a_ready_post_that_is_given_up_reaches_the_requester_directly"),),
        but="The run is called ready before: its state follows from GitHub, and the post waits in the outbox.",
    ),
    Row(
        "UX 5.3 queue",
        "A run that waits says how many stand before it, or since when the workers are down.",
        (
            *at("tasks/test_sweep", "a_run_behind_others_says_how_many_and_again_when_half_are_gone"),
            *at("tasks/test_sweep", "that_nobody_works_is_said_once_and_forgets_no_failure"),
        ),
        but="No time is promised: how long the others take is not known.",
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

ATTACKS = (
    Row(
        "SECURITY F1",
        "Words of an agent that look like mentions or links in Slack do nothing.",
        (
            *at(CATALOGUE, "every_message_of_the_catalogue_is_valid_short_and_harmless"),
            *at("tasks/messages/test_chat", "words_of_others_do_nothing"),
        ),
    ),
    Row(
        "SECURITY F2",
        "Nothing is unfurled, and addresses in words of others are no links.",
        (
            *at("scenarios/test_happy", "the_card_is_edited_and_never_posted_again"),
            *at("tasks/messages/test_chat", "addresses_in_words_of_others_do_not_become_links"),
        ),
    ),
    Row(
        "SECURITY F4",
        "Secrets are masked in every form, and where they were cut before.",
        (
            *at(CATALOGUE, "every_message_of_the_catalogue_is_valid_short_and_harmless"),
            *at("integrations/test_redaction", "a_token_that_was_cut_before_it_came_here_is_masked_too"),
        ),
    ),
)
