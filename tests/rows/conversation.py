"""UX §8.6 and §9.1: the conversation on a pull request, and the commands in it."""

from tests.rows.row import Row, at

TALK = "tasks/domain/test_talk"
PERMISSION = "tasks/domain/test_permission"
LIFE = "scenarios/test_pull_life"
BUILT_NOW = "is being built"

JOURNEY = (
    Row(
        "UX 8.6 batch",
        "A review with 4 comments is one event, one batch; what comes within 60 s is batched.",
        (
            *at(TALK, "what_is_written_within_a_minute_is_one_round_on_the_head"),
            *at(LIFE, "a_review_with_four_comments_is_one_round_one_push_and_four_answers"),
        ),
    ),
    Row(
        "UX 8.6 ack",
        "👀 on the review's first comment; the card says for whom it revises.",
        (
            *at(TALK, "a_round_of_four_comments_is_one_push_and_four_answers_where_they_stand"),
            *at("tasks/messages/test_chat", "the_card_says_for_whom_it_revises_who_pushed_and_who_holds"),
        ),
    ),
    Row(
        "UX 8.6 head",
        "Same run, from the pull request's head.",
        at(
            "tasks/steps/test_code",
            "red_ci_goes_back_with_its_log_and_the_next_commit_follows_the_pushed_one",
        )
        + at(LIFE, "commits_of_a_person_stop_our_pushes_until_a_retry_goes_on_from_them"),
    ),
    Row(
        "UX 8.6 outcomes",
        "Each comment ends in its own thread: fixed in a commit, not changed because, question back.",
        (
            *at(
                "tasks/messages/test_talk",
                "an_answer_says_what_became_of_the_comment_and_quotes_the_agent_after_it",
            ),
            *at(TALK, "fixed_is_said_only_where_the_pushed_commit_changed_the_file"),
            *at(LIFE, "a_review_with_four_comments_is_one_round_one_push_and_four_answers"),
        ),
    ),
    Row(
        "UX 8.6 summary",
        "One summary comment, edited.",
        at(LIFE, "a_review_with_four_comments_is_one_round_one_push_and_four_answers"),
    ),
    Row(
        "UX 8.6 re-request",
        "The reviewer is asked again only after CI is green again.",
        at(TALK, "reviewers_are_asked_again_only_when_the_run_is_ready_again_and_the_ready_post_is_edited"),
    ),
)

COMMANDS = (
    Row(
        "UX 9.1 a line",
        "A line that starts with @sortie or /sortie, on its own, in any case, is a command.",
        at("bot/test_commands", "a_line_that_begins_with_our_name_is_a_command_of_a_pull_request"),
    ),
    Row(
        "UX 9.1 free text",
        "Free text after the name with no known verb is a request.",
        at("bot/test_commands", "a_line_that_begins_with_our_name_is_a_command_of_a_pull_request")
        + at("bot/test_who_may", "there_is_no_command_that_merges_or_approves"),
    ),
    Row(
        "UX 9.1 edited",
        "Edited comments are not run again.",
        at(
            "integrations/github/test_webhook",
            "a_comment_is_heard_when_it_is_written_and_not_when_it_is_edited",
        )
        + at(
            "bot/test_who_may",
            "the_same_words_of_an_admin_count_nowhere_but_in_a_new_comment_of_their_own_on_our_pull_request",
        ),
    ),
    Row(
        "UX 9.1 bots",
        "Comments by bots are ignored, but for an allow-list.",
        at(
            "bot/test_host_speech",
            "everything_else_is_nobodys_order",
            "a_program_counts_by_its_accounts_id_and_never_by_a_name",
        )
        + at("bot/test_who_may", "a_program_is_not_even_asked_about"),
    ),
    Row(
        "UX 9.1 quoted",
        "Quoted lines and code blocks never trigger.",
        at("bot/test_commands", "quoted_hidden_or_mentioned_in_passing_is_no_command"),
    ),
    Row(
        "UX 9.1 request",
        "@sortie <request>: a new round, by somebody who may write.",
        at(TALK, "a_round_waits_for_the_agent_and_for_nobody_else", "a_command_needs_its_role_right_now")
        + at(PERMISSION, "a_role_may_use_a_command_or_not", "what_comes_of_an_allowed_command"),
    ),
    Row(
        "UX 9.1 request on an issue",
        "On an issue: a new run.",
        at("bot/test_host_routing", "words_on_an_issue_begin_a_run_with_the_issue_as_it_stands")
        + at("scenarios/test_issue_born", "a_request_on_an_issue_becomes_a_pull_request_for_it"),
    ),
    Row(
        "UX 9.1 review",
        "@sortie review [lens]: lenses only, nothing is pushed.",
        at(TALK, "review_lets_one_lens_or_all_of_them_look_again_and_pushes_nothing"),
    ),
    Row(
        "UX 9.1 fix ci",
        "@sortie fix ci: a round on what is red.",
        at(TALK, "fix_ci_works_on_red_checks_and_on_nothing_else")
        + at(PERMISSION, "red_ci_is_worked_on_where_it_is_red_in_a_living_run")
        + at("scenarios/test_people_pulls", "red_ci_of_a_persons_pull_request_is_mended_on_its_branch"),
    ),
    Row(
        "UX 9.1 fix conflicts",
        "@sortie fix conflicts: by a merge commit, never a rebase.",
        at(TALK, "the_base_is_merged_by_the_harness_before_an_agent_resolves_what_conflicts")
        + at(LIFE, "conflicts_are_resolved_in_a_merge_commit_or_in_a_rebuilt_one_and_no_marker_is_left")
        + at(
            "scenarios/test_people_pulls",
            "conflicts_of_a_persons_pull_request_are_resolved_in_one_merge_commit",
        ),
    ),
    Row(
        "UX 9.1 explain",
        "@sortie explain: an answer only.",
        at(
            "scenarios/test_people_pulls",
            "an_explanation_is_one_comment_in_the_agents_words_and_needs_a_role",
            "a_question_disturbs_no_work",
        )
        + at("tasks/domain/test_born", "who_may_have_something_explained"),
    ),
    Row(
        "UX 9.1 rebase",
        "@sortie rebase: the one force-push, refused when people's commits exist.",
        at(
            TALK,
            "a_rebase_rebuilds_on_the_newest_base_and_only_its_own_push_replaces_the_branch",
            "nothing_is_rebased_once_commits_of_somebody_else_are_on_the_branch",
        )
        + at("tasks/workspace/test_workspaces", "only_a_rebase_can_drop_commits_of_a_branch")
        + at(
            LIFE,
            "a_rebase_is_one_commit_on_the_newest_base_and_is_refused_over_commits_of_people",
            "conflicts_are_resolved_in_a_merge_commit_or_in_a_rebuilt_one_and_no_marker_is_left",
        ),
    ),
    Row(
        "UX 9.1 stop",
        "@sortie stop: by triage or more.",
        at(TALK, "stop_by_a_comment_is_a_stop")
        + at(LIFE, "a_stranger_is_refused_and_whoever_may_stops_the_run_by_a_comment"),
        but="Membership in the organisation alone is not asked for: triage on the repository is.",
    ),
    Row(
        "UX 9.1 hold",
        "@sortie hold / unhold: nothing is pushed in between; the label says so.",
        at(TALK, "a_hold_keeps_pushes_back_until_it_is_lifted")
        + at(PERMISSION, "a_hold_is_by_somebody_and_a_second_one_or_a_second_end_of_it_is_moot"),
    ),
    Row(
        "UX 9.1 waive",
        "@sortie waive #3 <reason>: by a code owner, the reason is mandatory and recorded.",
        at(TALK, "only_a_code_owner_waives", "a_waiver_needs_a_reason_and_a_finding")
        + at(PERMISSION, "a_waived_finding_is_closed_with_the_name_and_the_reason_and_settles_the_dispute")
        + at("tasks/gates/test_owners", "the_last_rule_that_fits_decides_and_a_team_is_nobody"),
    ),
    Row(
        "UX 9.1 retry",
        "@sortie retry: another attempt.",
        at(TALK, "retry_by_a_comment_begins_another_attempt_of_what_failed"),
    ),
    Row(
        "UX 9.1 status and help",
        "@sortie status, @sortie help: by whoever may read.",
        at(
            "tasks/messages/test_talk",
            "help_lists_every_command_of_a_pull_request",
            "the_status_says_where_the_run_stands",
        )
        + at(PERMISSION, "a_role_may_use_a_command_or_not"),
    ),
    Row(
        "UX 9.1 one table",
        "Each command is declared once; help, the page and the checks are made from it.",
        at(
            "bot/test_commands",
            "every_example_of_the_table_is_the_command_it_shows",
            "the_page_of_commands_is_made_from_the_table",
            "the_help_has_a_line_for_every_command_and_at_most_eight",
        )
        + at(PERMISSION, "every_command_has_its_row"),
    ),
    Row(
        "UX 9.1 reactions",
        "👀 accepted, 🚀 pushed, 😕 needs an answer, 👎 refused with one line and the rest folded.",
        at(
            TALK,
            "a_command_needs_its_role_right_now",
            "a_command_that_led_to_a_push_is_acknowledged_by_a_rocket",
            "a_waiver_needs_a_reason_and_a_finding",
        )
        + at("tasks/messages/test_talk", "a_refusal_is_one_line_and_the_rest_is_folded"),
    ),
    Row(
        "UX 9.1 no noise",
        "No “working on it” comments: words come only with results.",
        at(
            TALK,
            "a_refusal_is_explained_once_to_each_person_and_a_plain_comment_is_not_even_refused_aloud",
            "nothing_is_said_while_a_round_is_at_work",
        ),
    ),
)
