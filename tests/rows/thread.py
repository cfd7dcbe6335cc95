"""UX §5.5, §5.6, §8.3 and UX-07 to UX-10, SECURITY A15 and A16: what people do in a thread while a run lives."""

from tests.rows.row import Row, at

SCENE = "scenarios/test_in_thread"
ROUTING = "bot/test_thread_routing"
DOMAIN = "tasks/domain/test_thread"
TALK = "tasks/messages/test_thread"

ASKING = (
    Row(
        "UX 5.5 plan",
        "A plan is approved before anything is built; a change of it makes another; who may, the host says.",
        at(SCENE, "a_plan_is_changed_and_approved_before_anything_is_built")
        + at(DOMAIN, "whoever_may_not_write_approves_nothing"),
        but="a repository or a channel cannot yet ask for it: only who asks for the change can.",
    ),
    Row(
        "UX 5.5 default",
        "A question with a default: work continues, a late answer is steering.",
        at(SCENE, "a_default_goes_on_at_once_and_a_late_answer_changes_the_course")
        + at(DOMAIN, "until_when_a_default_can_be_prevented"),
    ),
    Row(
        "UX 5.5 blocking",
        "A reminder by direct message, the channel's owner after it, the end after a day, and a resume.",
        at(SCENE, "a_question_that_nobody_answers_is_reminded_of_handed_over_closed_and_resumed")
        + at(DOMAIN, "a_question_is_reminded_of_handed_over_and_given_up_once_each"),
    ),
)
SAYING = (
    Row(
        "UX 5.6 steering",
        "👀 when it is taken, 🫡 once the agent has read it, counted on the card.",
        at(SCENE, "words_are_taken_then_heard_and_context_is_neither"),
    ),
    Row(
        "UX 5.6 context",
        "Words without a mention are kept with one 📝 and one hint; where a channel says so, they steer.",
        at(SCENE, "in_a_channel_where_everybody_steers_plain_words_do")
        + at(ROUTING, "words_without_a_mention_are_context_and_the_hint_comes_once"),
    ),
    Row(
        "UX 5.6 which one",
        "Several runs in a thread: one button for each.",
        at(SCENE, "which_one_is_asked_with_buttons_and_the_words_go_to_the_one_that_is_picked"),
    ),
    Row(
        "UX 5.6 residue",
        "What a stop leaves is listed; the branch can be discarded by those who may, where it was left.",
        at(
            SCENE,
            "what_a_stop_leaves_is_listed_and_can_be_discarded_by_those_who_may",
            "a_branch_that_somebody_pushed_to_meanwhile_is_not_discarded",
        )
        + at(
            "tasks/workspace/test_workspaces",
            "a_branch_of_ours_is_deleted_only_where_it_was_left_and_nothing_else_ever",
        ),
        but="commits on the branch are not counted.",
    ),
    Row(
        "UX 5.6 mute, handoff, follow up",
        "A muted run posts only what must be seen; a run changes hands; another one goes on from it.",
        at(SCENE, "a_run_is_muted_handed_over_and_followed_up")
        + at(DOMAIN, "a_muted_run_posts_only_what_must_be_seen"),
    ),
    Row(
        "UX 5.6 edits",
        "An edited request is shown and counts by a button; a deleted one is told to its requester; unheard words are replaced.",
        at(
            SCENE,
            "an_edited_request_is_shown_and_counts_when_its_button_is_pressed",
            "a_deleted_request_stops_nothing_and_can_be_stopped_from_the_direct_message",
            "words_edited_before_anybody_heard_them_are_replaced",
        ),
    ),
    Row(
        "UX 6 M18",
        "A question is answered in the thread with links to the places it names, and can be turned into a run.",
        at(SCENE, "a_question_is_answered_in_the_thread_and_can_be_turned_into_a_run"),
        but="it is posted whole and not streamed.",
    ),
    Row(
        "UX 8.3 files",
        "Up to six texts of at most 10 MiB reach the agent as data; what could not be read is on the card.",
        at(SCENE, "a_log_reaches_the_agent_as_data_and_what_cannot_be_read_is_listed")
        + at("tasks/domain/test_files", "at_most_six_are_read_and_one_on_two_messages_counts_once"),
    ),
)
ACCEPTANCE = (
    Row(
        "UX-07",
        "Stop from each state: no agent action after ten seconds, and the post says what is left.",
        at(
            "scenarios/test_stop",
            "stop_ends_a_run_wherever_it_is",
            "stop_ends_a_run_that_waits_or_repairs",
            "the_cards_button_stops_the_run",
        ),
    ),
    Row(
        "UX-08",
        "“stop using moment.js” does not stop.",
        at("scenarios/test_stop", "words_that_begin_with_stop_steer_and_do_not_stop"),
    ),
    Row(
        "UX-09",
        "Asides and replies that mention nobody never change the plan where only mentions steer.",
        at(SCENE, "words_are_taken_then_heard_and_context_is_neither")
        + at(ROUTING, "asides_are_not_even_stored"),
    ),
    Row(
        "UX-10",
        "A blocking question pauses the clock, one with a default does not; a late answer is applied.",
        at(
            DOMAIN,
            "a_question_with_a_default_pauses_nothing_and_a_late_answer_steers",
            "a_plan_stops_the_run_and_its_clock_until_somebody_who_may_says_yes",
        )
        + at(SCENE, "a_default_goes_on_at_once_and_a_late_answer_changes_the_course"),
    ),
)
ATTACKS = (
    Row(
        "SECURITY A15 edits",
        "A message edited after it was sent: what was heard first counts.",
        at(DOMAIN, "an_edited_request_counts_only_once_somebody_says_so")
        + at(ROUTING, "an_edit_of_the_request_is_noted_and_changes_nothing_by_itself"),
    ),
    Row(
        "SECURITY A16",
        "A picture with instructions in it is not read.",
        at("tasks/domain/test_files", "texts_of_some_size_are_read_and_pictures_never")
        + at(SCENE, "a_log_reaches_the_agent_as_data_and_what_cannot_be_read_is_listed"),
    ),
    Row(
        "SECURITY A16 address",
        "A file's address leads nowhere but to Slack, and the token with it.",
        at(
            "integrations/slack/test_files",
            "the_token_goes_to_no_other_host",
            "a_redirect_is_refused_where_the_host_is_ours",
        ),
    ),
)
