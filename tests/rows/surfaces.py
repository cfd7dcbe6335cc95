"""UX §9.2 to §9.6 and UX-15 to UX-18: what stands where on the code host."""

from tests.rows.row import Row, at

HOST = "tasks/messages/test_code_host"
CHECK = "tasks/messages/test_review_check"
CLIENT = "integrations/github/test_client"
REVIEW = "tasks/steps/test_review"
TALK = "tasks/domain/test_talk"
LIFE = "scenarios/test_pull_life"
RISK = "tasks/gates/test_risk"
HOUSE_STYLE = "scenarios/test_repositories"
STYLED = "the_commit_the_title_and_the_labels_are_in_the_house_style"

PLACES = (
    Row(
        "UX 9.2 progress",
        "Live progress is the check run sortie/run: status, “step 3 of 6”, a link.",
        at(HOST, "the_progress_check_follows_the_run"),
    ),
    Row(
        "UX 9.2 CI",
        "CI stays the repository's own checks and is never repeated; ours are not taken for CI.",
        at(CLIENT, "our_check_is_made_once_and_then_edited_and_is_not_ci")
        + at("integrations/github/test_webhook", "our_own_checks_are_recognised_by_name"),
    ),
    Row(
        "UX 9.2 verdicts",
        "sortie/review: “2 pass, 1 note”, a row per lens, annotations on lines.",
        at(
            HOST,
            "the_review_check_has_a_row_per_lens_and_findings_on_their_lines",
            "the_review_check_passes_only_when_every_lens_passed",
        ),
    ),
    Row(
        "UX 9.2 blocking findings",
        "At most ten inline comments in one review of type COMMENT.",
        at(
            HOST,
            "at_most_ten_comments_stand_in_the_diff",
            "blocking_findings_stand_on_their_lines_and_notes_in_the_body",
        )
        + at(CLIENT, "a_review_is_posted_once_and_found_by_its_marker"),
    ),
    Row(
        "UX 9.2 sticky",
        "One comment per kind, found by run and kind in a hidden marker, never by its author.",
        at(
            CLIENT,
            "one_comment_per_kind_is_edited_and_quotations_are_left_alone",
            "two_kinds_of_comment_of_one_run_do_not_overwrite_each_other",
        )
        + at("tasks/messages/test_talk", "a_run_finds_its_comment_by_run_and_kind"),
    ),
    Row(
        "UX 9.2 no blocking",
        "No blocking finding, or notes alone: success, never neutral.",
        at(CHECK, "what_the_review_check_concludes_of_any_verdicts"),
    ),
    Row(
        "UX 9.2 blocking open",
        "A blocking finding that is open: failure.",
        at(CHECK, "what_the_review_check_concludes_of_any_verdicts")
        + at(HOST, "the_review_check_passes_only_when_every_lens_passed"),
    ),
    Row(
        "UX 9.2 a person decides",
        "Waiting for a person's decision: action_required.",
        at(HOST, "the_review_check_passes_only_when_every_lens_passed"),
    ),
    Row(
        "UX 9.2 could not review",
        "A lens that could not run: failure “Could not review: …”; neutral where the repository says fail_open.",
        at(CHECK, "what_the_review_check_concludes_of_any_verdicts")
        + at("tasks/gates/test_config", "what_a_repository_takes_away_is_understood"),
    ),
    Row(
        "UX 9.2 buttons",
        "Requested actions: Fix findings, Re-review, Waive all….",
        at(
            TALK,
            "buttons_are_offered_while_people_have_the_head_and_only_for_what_is_there_to_do",
            "a_button_of_an_older_head_does_nothing_and_says_so",
            "a_button_of_a_person_without_the_right_does_nothing_and_says_so",
        )
        + at("tasks/messages/test_talk", "the_buttons_of_the_verdicts_fit_what_the_code_host_takes")
        + at(
            "scenarios/test_buttons",
            "fix_findings_is_a_round_and_the_buttons_of_the_head_before_are_out_of_date",
        ),
    ),
    Row(
        "UX 9.2 annotations",
        "Blocking is failure, a note is warning; at most 50 a request and 100 in all, the rest in the text.",
        at(HOST, "the_review_check_has_a_row_per_lens_and_findings_on_their_lines")
        + at(CHECK, "findings_beyond_a_hundred_stand_in_the_text_and_blocking_ones_on_their_lines_first")
        + at(
            CLIENT,
            "our_check_is_made_once_and_then_edited_and_is_not_ci",
            "findings_of_a_lens_that_is_done_later_are_added_wherever_it_stands_in_the_report",
        ),
    ),
)

FINDINGS = (
    Row(
        "UX 9.3 a finding",
        "Number, lens, severity, place, claim of at most 200 characters, evidence, status.",
        at(CHECK, "a_finding_is_named_by_the_number_that_a_waiver_names_and_the_number_refers_to_no_issue")
        + at("bot/dashboard/test_pages", "a_blocking_finding_shows_its_evidence_and_its_anchor")
        + at("tasks/steps/test_claims", "a_claim_is_cut_at_two_hundred_characters"),
    ),
    Row(
        "UX 9.3 no evidence",
        "Without evidence a finding is a note.",
        at(REVIEW, "a_finding_without_evidence_is_a_note_and_a_block_on_it_no_verdict")
        + at("scenarios/test_agents", "a_blocking_finding_without_evidence_is_no_verdict"),
    ),
    Row(
        "UX 9.3 two rounds",
        "The author gets two rounds; then the run is disputed.",
        at(
            "scenarios/test_repairs",
            "reviewers_and_author_who_disagree_twice_ask_a_person",
            "a_lens_that_hears_a_rebuttal_lets_its_finding_go_or_a_person_decides",
        ),
    ),
    Row(
        "UX 9.3 threads",
        "A finding that is fixed or stale is resolved in its thread; one that a person opened never is.",
        at(CLIENT, "our_own_threads_are_resolved_and_one_that_a_person_began_is_not")
        + at(TALK, "the_thread_of_a_finding_that_a_newer_head_does_not_show_is_resolved_once")
        + at("scenarios/test_repairs", "the_thread_of_a_finding_is_resolved_once_the_author_mended_it")
        + at(LIFE, "a_review_with_four_comments_is_one_round_one_push_and_four_answers"),
    ),
    Row(
        "UX 9.3 lenses",
        "Correctness, Security, Tests and scope, with prompts and models of their own.",
        at("tasks/prompts/test_render", "each_reviewer_has_its_lens_and_the_rules_about_data")
        + at(
            "tasks/test_roles",
            "reviewers_are_another_model_than_the_author",
            "an_operator_may_choose_models_by_role_and_by_lens",
        ),
    ),
    Row(
        "UX 9.3 what lenses see",
        "The request and the diff, none of the author's reasoning.",
        at("scenarios/test_happy", "reviewers_get_the_request_and_the_diff_and_none_of_the_authors_words")
        + at(
            REVIEW,
            "reviewers_get_the_request_and_the_diff_but_no_word_of_the_author",
            "the_authors_commit_cannot_be_found_in_a_reviewers_checkout",
        ),
    ),
)

PULL_REQUEST = (
    Row(
        "UX 9.4 branch",
        "sortie/R-1042-null-currency.",
        at("tasks/workspace/test_names", "a_branch_is_the_run_and_a_few_words"),
    ),
    Row(
        "UX 9.4 title",
        "One line of at most 72 characters, in the repository's convention.",
        at(HOST, "a_title_is_one_line_of_at_most_72_characters")
        + at(
            "tasks/workspace/test_convention",
            "four_of_five_commits_make_a_convention",
            "a_title_is_put_into_the_form_of_the_history",
        )
        + at(HOUSE_STYLE, STYLED),
        but="Conventional Commits are told from the history; a ticket's number in front of a title is not.",
    ),
    Row(
        "UX 9.4 draft",
        "A draft until gates, CI and review are done; then ready.",
        at("tasks/domain/test_effects", "a_review_that_passes_leaves_draft_and_a_blocked_one_does_not")
        + at("scenarios/test_happy", "a_mention_becomes_a_ready_pull_request_with_three_posts"),
    ),
    Row(
        "UX 9.4 reviewers",
        "The requester is asked for review; code owners by the host, since it is no draft any more.",
        at("scenarios/test_happy", "a_mention_becomes_a_ready_pull_request_with_three_posts")
        + at(
            "tasks/domain/test_talk",
            "reviewers_are_asked_again_only_when_the_run_is_ready_again_and_the_ready_post_is_edited",
        ),
    ),
    Row(
        "UX 9.4 reviewer cap",
        "Never more than the reviewer cap.",
        at("tasks/test_publish", "beyond_the_cap_nobody_is_asked_for_review_and_that_is_said_once"),
        but="It counts ready pull requests of Sortie; code owners are asked by the host, and drafts are not held back (UX 11.4).",
    ),
    Row(
        "UX 9.4 body",
        "At most 40 lines, no empty heading: what changes, look here first, checked, not done, one footer.",
        at(
            HOST,
            "every_state_has_its_texts",
            "a_description_says_what_changes_what_is_proven_and_where_to_look",
            "a_description_without_gates_claims_nothing",
            "no_text_at_all_mentions_anybody_or_outgrows_forty_lines",
        ),
    ),
    Row(
        "UX 9.4 region",
        "Only between our markers; where a person changed it we stop writing, and say so.",
        at(
            HOST,
            "our_region_is_updated_and_what_people_wrote_around_it_stays",
            "a_region_that_a_person_touched_is_never_written_again",
        )
        + at(
            "tasks/test_publish",
            "a_description_that_a_person_edited_is_written_no_more_and_that_is_said_once",
        ),
    ),
    Row(
        "UX 9.4 privacy",
        "No Slack link and no words of the thread: “Requested in Slack by …” alone.",
        at(CHECK, "nothing_of_the_thread_stands_on_the_pull_request"),
    ),
    Row(
        "UX 9.4 only new commits",
        "No force-push: a push creates or moves forward, under the expected old commit.",
        at(
            "tasks/workspace/test_workspaces",
            "a_push_that_would_not_be_a_fast_forward_is_refused_before_it_is_sent",
            "a_branch_that_somebody_else_moved_is_a_conflict_and_stays",
        ),
    ),
    Row(
        "UX 9.4 people's commits",
        "People's commits stop our pushes; we ask before going on.",
        at(TALK, "commits_of_a_person_while_we_work_are_asked_about_and_nothing_is_pushed")
        + at(LIFE, "commits_of_a_person_stop_our_pushes_until_a_retry_goes_on_from_them"),
    ),
    Row(
        "UX 9.4 never",
        "Never approve, merge, resolve a person's thread, dismiss a review.",
        at(LIFE, "what_people_changed_of_title_body_and_branch_survives_three_more_rounds")
        + at("attacks/test_words", "what_agents_hand_in_claims_nothing_and_does_nothing"),
    ),
    Row(
        "UX 9.4 workflow files",
        "Workflow files and CODEOWNERS never change without a person.",
        at("tasks/gates/test_hygiene", "a_protected_path_needs_a_person")
        + at(HOST, "what_only_a_person_may_pass_is_said_everywhere_and_is_no_success"),
    ),
)

ATTRIBUTION = (
    Row(
        "UX 9.5 default",
        "Author and committer are the App; trailers name the requester and the run, and nothing else.",
        at("scenarios/test_happy", "the_pushed_commit_is_the_harnesss_and_fixes_the_bug")
        + at("tasks/workspace/test_commit_message", "git_reads_exactly_our_two_trailers")
        + at("tasks/steps/test_code", "the_worker_fixes_the_demo_and_the_harness_builds_the_commit"),
    ),
    Row(
        "UX 9.5 co-author",
        "attribution.coauthor = requester adds Co-authored-by.",
        at("tasks/gates/test_config", "a_repository_may_name_whoever_asked_as_a_co_author")
        + at(
            "tasks/workspace/test_commit_message",
            "git_reads_a_co_author_as_a_trailer_of_its_own_whatever_the_agent_wrote",
        )
        + at(HOUSE_STYLE, STYLED),
    ),
    Row(
        "UX 9.5 pr_author",
        "pr_author = user opens it with the requester's own token.",
        without="Sortie holds no person's token (SECURITY 5.3).",
    ),
    Row(
        "UX 9.5 independent approval",
        "sortie/independent-approval fails while the requester alone approved.",
        at("tasks/messages/test_talk", "whoever_asked_cannot_be_the_only_one_who_approves"),
    ),
    Row(
        "UX 9.5 no advertising",
        "No model names, no vendor, no emoji in a commit.",
        at(
            "tasks/workspace/test_commit_message",
            "title_body_and_our_trailers_stand_in_this_order",
            "a_line_that_only_advertises_is_not_written",
            "pictures_and_names_of_models_are_taken_out_of_a_sentence",
            "a_program_that_calls_a_vendor_may_say_so",
            "what_only_looks_like_advertising_stays",
        )
        + at(HOUSE_STYLE, STYLED),
    ),
    Row(
        "UX 9.5 signed",
        "Commits are signed by the App.",
        without="GitHub signs only what its API makes, and that is another commit than the one that was gated: gates, lenses, "
        "receipt and the expected old commit of a push go by the commit's id, not by its tree.",
    ),
    Row(
        "UX 9.6 labels",
        "sortie, sortie:ready, sortie:needs-human, sortie:hold.",
        at("tasks/domain/test_effects", "the_labels_say_whose_it_is_and_that_it_is_ready_or_needs_a_person")
        + at(
            TALK,
            "a_hold_keeps_pushes_back_until_it_is_lifted",
            "commits_of_a_person_on_a_ready_pull_request_are_shown_and_nothing_is_asked",
        ),
    ),
    Row(
        "UX 9.6 risk",
        "risk:low|medium|high: what the gates and the paths of a change amount to, as a label and in the description.",
        at(
            RISK,
            "what_each_sign_makes_of_a_small_tested_change",
            "a_small_change_with_its_test_is_a_low_risk",
            "owners_of_a_part_count_and_owners_of_everything_do_not",
        )
        + at(
            "tasks/domain/test_effects",
            "the_label_of_the_risk_follows_what_is_pushed_and_there_is_one_at_a_time",
        )
        + at(HOST, "the_description_says_first_what_makes_the_change_risky")
        + at(HOUSE_STYLE, STYLED),
    ),
    Row(
        "UX 9.6 incident",
        "sortie:incident.",
        without="There are no incidents yet: they come with PagerDuty.",
    ),
    Row(
        "UX 9.6 colours",
        "Fixed colours and descriptions; a label that is there keeps its own.",
        at(CLIENT, "a_label_is_made_in_its_colour_and_one_that_is_there_is_left_alone")
        + at("tasks/messages/test_labels", "every_label_that_follows_from_an_event_has_its_looks")
        + at(HOUSE_STYLE, STYLED),
        but="They are made when they are first used: there is no `sortie init`.",
    ),
    Row(
        "UX 9.6 people's",
        "Labels are never taken off people's pull requests.",
        at(
            "bot/test_host_routing",
            "what_is_written_on_our_pull_request_is_kept_and_what_is_written_elsewhere_is_not",
        )
        + at(CLIENT, "a_label_is_taken_off_and_one_that_is_not_on_is_no_error"),
    ),
)

ACCEPTANCE = (
    Row(
        "UX-15",
        "What people edit of title, body and branch survives three more rounds.",
        at(LIFE, "what_people_changed_of_title_body_and_branch_survives_three_more_rounds"),
    ),
    Row(
        "UX-16",
        "Two sticky kinds on one pull request do not overwrite each other.",
        at(CLIENT, "two_kinds_of_comment_of_one_run_do_not_overwrite_each_other"),
    ),
    Row(
        "UX-17",
        "A review with 4 comments is one round, one push, four outcomes.",
        at(LIFE, "a_review_with_four_comments_is_one_round_one_push_and_four_answers"),
    ),
    Row(
        "UX-18",
        "“Could not review” never yields a passing sortie/review.",
        at(CHECK, "what_the_review_check_concludes_of_any_verdicts")
        + at("scenarios/test_agents", "a_lens_that_cannot_run_is_no_pass_and_the_pull_request_stays_a_draft")
        + at(
            "tasks/domain/test_verdict", "one_lens_that_is_down_or_missing_leaves_the_whole_without_a_review"
        ),
    ),
)
