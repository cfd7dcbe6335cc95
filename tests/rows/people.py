"""UX §15, UX-11, UX-22, SECURITY A14, A15, D4 to D6, H3: who may do what in the chat, and how somebody gets an account."""

from tests.rows.row import Row, at

LINK = "bot/routes/test_link"
PEOPLE = "tasks/effects/test_people"
ACTS = "tasks/domain/test_chat_acts"
ACCOUNTS = "scenarios/test_accounts"
MATRIX = "tasks/domain/test_chat_permission"

ROWS = (
    Row(
        "UX 15",
        "Every kind of person with every action: one table, one function, and the code host is asked where its answer matters.",
        at(
            MATRIX,
            "everybody_with_everything",
            "every_action_has_its_row",
            "nothing_is_allowed_to_anybody_by_more_than_they_have",
            "a_refusal_names_the_rule_what_they_have_what_is_needed_and_who_can",
            "the_code_host_is_asked_only_where_its_answer_matters",
        )
        + at(ACTS, "nothing_happens_before_the_host_has_answered"),
    ),
    Row(
        "UX 8.1 not linked",
        "A lock, one private button, the request kept an hour, and it starts by itself.",
        at(ACCOUNTS, "a_request_waits_for_its_requesters_account_and_starts_by_itself")
        + at(
            LINK,
            "a_request_without_an_account_is_kept_and_starts_by_itself",
            "an_hour_later_it_is_dropped_in_silence",
            "what_was_kept_in_the_moment_of_linking_is_started_by_the_sweep_once",
        ),
    ),
    Row(
        "UX M11",
        "A refusal names rule, role and helper; one click asks the team to start it.",
        at(ACCOUNTS, "who_may_not_start_asks_the_team_and_somebody_who_may_starts_it_once")
        + at(
            "bot/test_handover",
            "it_starts_as_the_request_of_whoever_pressed_with_their_account_and_their_clock",
            "nothing_is_handed_over_but_what_only_a_role_stood_in_the_way_of",
            "what_has_begun_does_not_begin_again",
        ),
    ),
    Row(
        "UX-11",
        "Clicks of the wrong person and stale ones change nothing, and say what happened.",
        at(
            ACTS,
            "who_may_not_changes_nothing_and_is_told_why_in_private",
            "an_answer_to_a_question_that_was_answered_meanwhile_is_moot",
            "words_for_a_run_that_was_stopped_meanwhile_are_moot",
        )
        + at("bot/slack/test_front_door", "the_wrong_person_is_told_privately_and_nothing_changes")
        + at("bot/test_presses", "a_button_of_another_state_says_so_and_changes_nothing"),
    ),
    Row(
        "UX-22",
        "A private repository is named to nobody who cannot read it.",
        at(
            ACCOUNTS,
            "a_private_repository_is_named_to_nobody_who_cannot_read_it",
            "the_question_which_repository_offers_only_what_the_requester_can_read",
        )
        + at(ACTS, "who_may_not_changes_nothing_and_is_told_why_in_private"),
        but="The pages show a run to whoever may see the dashboard; a search among repositories offers all to anybody linked.",
    ),
    Row(
        "SECURITY A14",
        "What people without permission write between trigger and start reaches no prompt.",
        at(ACCOUNTS, "what_others_say_counts_when_github_says_that_they_may_and_never_otherwise"),
    ),
    Row(
        "SECURITY A15",
        "A message that is edited after the trigger changes nothing; the hash of what was asked is kept.",
        at(ACCOUNTS, "what_others_say_counts_when_github_says_that_they_may_and_never_otherwise")
        + at("bot/test_routing", "what_was_asked_is_kept_as_it_stood_with_its_hash"),
    ),
    Row(
        "SECURITY D4",
        "Guests, strangers, the deactivated, bots and workflows are refused; names and e-mail addresses say nothing.",
        at(
            PEOPLE,
            "names_and_addresses_say_nothing_of_what_an_account_is",
            "whoever_is_no_member_starts_nothing_with_an_admins_account",
            "whoever_is_no_member_steers_nothing_with_an_admins_account",
            "somebody_of_another_workspace_is_a_stranger_whatever_slack_says_besides",
            "nothing_starts_before_slack_has_said_who_it_is",
            "what_programs_and_workflows_write_is_by_a_program",
        )
        + at(ACCOUNTS, "a_linked_person_without_write_starts_nothing_and_a_guest_is_offered_no_link"),
    ),
    Row(
        "SECURITY D5",
        "Who may is asked at the press; a button of an ended run and a replayed click do nothing.",
        at(ACTS, "nothing_happens_before_the_host_has_answered")
        + at(PEOPLE, "what_is_done_later_in_somebodys_name_is_asked_once_more")
        + at(
            "bot/slack/test_replays",
            "a_click_that_is_replayed_with_another_address_to_answer_to_does_nothing",
        ),
    ),
    Row(
        "SECURITY D6",
        "Nobody links an account of somebody else.",
        at(
            LINK,
            "a_person_is_linked_with_the_account_github_says_is_theirs",
            "what_one_person_began_cannot_be_finished_in_the_browser_of_another",
            "a_link_works_once",
            "a_link_lives_ten_minutes",
            "a_forged_link_is_refused",
            "a_callback_without_a_start_is_refused",
            "a_form_from_another_site_or_from_another_browser_links_nothing",
        )
        + at(PEOPLE, "a_login_that_changed_hands_is_not_the_account_that_was_linked"),
    ),
    Row(
        "SECURITY H3",
        "Somebody whom nobody knows asks five hundred times: nothing is spent.",
        at(LINK, "a_stranger_who_asks_five_hundred_times_costs_ten_rows_and_no_run"),
    ),
)
