"""UX §5.4 and §5.7, journeys 8.2 to 8.4: how people ask from Slack besides a mention, and which repository is meant."""

from tests.rows.row import Row, at

DOOR = "bot/slack/test_ways_in"
STACK = "scenarios/test_ways_in"
ROOTS = "tasks/test_roots"
BEGIN = "tasks/test_begin"
BOARDS = "tasks/test_boards"
POLICY = "tasks/domain/test_policy"

WAYS = (
    Row(
        "UX 8.2",
        "A slash command is answered at once and privately; a root post quotes the asker, and the run lives in its thread.",
        at(STACK, "a_slash_command_opens_a_thread_in_the_channel_that_ends_in_a_pull_request")
        + at(
            ROOTS,
            "a_publisher_killed_behind_the_post_is_followed_by_one_that_finds_it",
            "a_chat_that_is_down_loses_nothing",
        )
        + at(DOOR, "a_bad_option_starts_nothing_and_is_answered_with_its_code"),
    ),
    Row(
        "UX 8.3",
        "A shortcut on a message: a form with the text quoted and a guess of the repository; the run lives in that thread.",
        at(
            STACK,
            "a_message_shortcut_starts_on_somebody_elses_words_which_reach_the_agent_as_theirs",
        )
        + at(
            DOOR,
            "a_message_shortcut_quotes_the_message_and_starts_a_run_in_its_thread",
            "where_we_are_not_in_the_channel_the_form_says_so_and_the_run_is_told_in_a_direct_message",
        ),
        but="files and pictures of the message",
    ),
    Row(
        "UX 8.4",
        "A reaction starts a run where the channel lets it, after five seconds in which it can be cancelled.",
        at(STACK, "a_reaction_starts_behind_its_grace_and_not_when_it_is_taken_off")
        + at(
            BEGIN,
            "what_was_called_off_within_the_grace_never_begins",
            "a_reaction_of_which_we_heard_first_that_it_was_taken_off_starts_nothing",
            "where_the_web_process_died_in_the_grace_the_sweep_begins_it",
        )
        + at(DOOR, "a_reaction_starts_nothing_where_nobody_has_allowed_it"),
    ),
    Row(
        "UX 5.4",
        "The repository is chosen in a fixed order, and the reason is kept; where nothing decides for sure, a person is asked.",
        at(POLICY, "the_order_in_which_a_repository_is_decided_is_fixed_and_the_reason_is_kept")
        + at("tasks/steps/test_guess", "only_a_sure_guess_is_taken_and_said_to_be_one"),
        but="linked objects (Sentry, PagerDuty): there is no such source yet; CODEOWNERS and paths in the guess",
    ),
    Row(
        "UX 5.4 change",
        "Change repo keeps request, thread and clock, and restarts the work.",
        at(STACK, "the_wrong_repository_is_changed_and_thread_and_clock_stay")
        + at("tasks/domain/test_moved", "what_is_on_its_way_out_or_over_is_not_moved"),
    ),
    Row(
        "Several at once",
        "A list is confirmed by its writer, becomes several runs or one, and one message lists them.",
        at(STACK, "a_list_becomes_several_runs_once_its_writer_says_so_and_one_message_lists_them")
        + at(BOARDS, "it_can_be_one_request_after_all", "it_is_decided_once_and_by_whoever_asked"),
    ),
    Row(
        "UX 5.7 home",
        "App Home is published when it is opened and on change, never on a timer.",
        at(DOOR, "opening_the_home_tab_has_it_published_and_again_only_when_a_run_of_theirs_moves")
        + at("tasks/messages/test_home", "figures_appear_at_five_runs_of_the_last_seven_days"),
        but="its buttons are links",
    ),
    Row(
        "UX 5.7 settings",
        "/sortie settings is for operators, and every change is kept with who made it.",
        at(
            DOOR,
            "an_operator_sets_a_channel_and_every_change_is_kept_with_who_made_it",
            "nobody_else_sets_a_channel",
        ),
    ),
)
