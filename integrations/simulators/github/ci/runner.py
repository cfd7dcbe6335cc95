"""Starts CI when a pull request's head moves and reports what the commands did. It never decides an outcome."""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from integrations.simulators.github.acts import checks, events
from integrations.simulators.github.ci import sandbox
from integrations.simulators.github.config import CIJob, GitHubSimConfig
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.git import GitError, GitRepo
from integrations.simulators.github.model.state import CheckRun, Issue, Pull, Repo, User, WorkflowRun
from integrations.simulators.github.model.world import ACTIONS_APP_ID
from integrations.simulators.github.views.checks import suite_state


@dataclass(frozen=True, slots=True)
class Task:
    """One job on one commit. `run` is its check run; a "status" job has one too, kept out of the API."""

    repo: Repo
    job: CIJob
    sha: str
    run: CheckRun
    workflow: WorkflowRun | None


class CI:
    """A few worker threads that run jobs in the order they came."""

    def __init__(self, hub: Hub, config: GitHubSimConfig) -> None:
        self._hub, self._config = hub, config
        self._waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._busy = 0
        self.status_logs: dict[int, CheckRun] = {}

    @property
    def busy(self) -> int:
        """Jobs queued or running."""
        return self._busy

    def head_moved(self, repo: Repo, issue: Issue, pull: Pull, sender: User) -> None:
        """Queue the repository's jobs for a new head."""
        if repo.ci.runner == "none" or self._stop.is_set():
            return
        hub, sha = self._hub, pull.head_sha
        tasks = [self._status_task(repo, job, sha) for job in repo.ci.jobs if job.app == "status"]
        in_checks = [job for job in repo.ci.jobs if job.app == "checks"]
        if in_checks:
            tasks += self._check_tasks(repo, issue, in_checks, sha=sha, sender=sender)
        for task in tasks:
            if task.job.app == "status":
                self._post_status(task, "pending", "Queued")
            else:
                checks.changed(hub, repo, task.run, action="created", sender=self._bot())
            self._busy += 1
            self._waiting.put(task)
        self._start_threads()

    def close(self) -> None:
        """Stop running jobs; queued ones are dropped."""
        self._stop.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    def _bot(self) -> User:
        return self._hub.world.users[self._hub.world.apps[ACTIONS_APP_ID].bot_id]

    def _check_run(self, repo: Repo, job: CIJob, sha: str, suite_id: int) -> CheckRun:
        run_id, now = self._hub.world.next_id(), self._hub.world.now()
        return CheckRun(run_id, suite_id, ACTIONS_APP_ID, job.name, sha, "queued", None, now, None)

    def _status_task(self, repo: Repo, job: CIJob, sha: str) -> Task:
        run = self._check_run(repo, job, sha, 0)
        self.status_logs[run.id] = run
        return Task(repo, job, sha, run, None)

    def _check_tasks(
        self, repo: Repo, issue: Issue, jobs: list[CIJob], *, sha: str, sender: User
    ) -> list[Task]:
        world, now = self._hub.world, self._hub.world.now()
        suite = checks.new_suite(self._hub, repo, app_id=ACTIONS_APP_ID, sha=sha)
        number = len(repo.workflow_runs) + 1
        workflow = WorkflowRun(
            world.next_id(), suite.id, number, "CI", "pull_request", sender.id, issue.title, now, now
        )
        repo.workflow_runs[workflow.id] = workflow
        tasks = []
        for job in jobs:
            run = self._check_run(repo, job, sha, suite.id)
            repo.check_runs[run.id] = run
            tasks.append(Task(repo, job, sha, run, workflow))
        events.workflow_run(self._hub, repo, run=workflow, action="requested", sender=sender)
        return tasks

    def _start_threads(self) -> None:
        while len(self._threads) < self._config.ci_parallel:
            name = f"github-sim-ci-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None and not self._stop.is_set():
            self._begin(task)
            outcome = self._run(task)
            if not self._stop.is_set():
                self._finish(task, outcome)
            with self._hub.world.lock:
                self._busy -= 1

    def _begin(self, task: Task) -> None:
        hub = self._hub
        with hub.world.lock:
            task.run.status, task.run.started_at, task.run.log = "in_progress", hub.world.now(), ""
            if task.workflow is not None:
                task.workflow.updated_at = hub.world.now()
                others = hub.world.runs_of(task.repo, task.repo.suites[task.run.suite_id])
                if sum(r.status != "queued" for r in others) == 1:
                    self._workflow(task, "in_progress")

    def _run(self, task: Task) -> sandbox.Outcome:
        folder = Path(tempfile.mkdtemp(prefix="github-sim-ci-"))
        folder.chmod(0o755)
        ci = task.repo.ci
        try:
            checkout(self._hub.world.git(task.repo), task.sha, folder / "work")
            command = sandbox.Command(
                shell=task.job.command,
                checkout=folder / "work",
                scratch=folder,
                uid=self._config.ci_uid,
                timeout_s=task.job.timeout_s,
                ro_binds=ci.ro_binds,
                path=ci.path,
                pythonpath=ci.pythonpath,
            )

            def progress(log: str) -> None:
                task.run.log = log

            return sandbox.run(command, progress=progress, stop=self._stop)
        except (OSError, GitError) as error:
            return sandbox.Outcome(1, f"The job could not be started: {error}\n")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _finish(self, task: Task, outcome: sandbox.Outcome) -> None:
        hub, run = self._hub, task.run
        with hub.world.lock:
            run.log = f"$ {task.job.command}\n{outcome.log}"
            if outcome.code is None:
                run.conclusion, run.title = "timed_out", f"Timed out after {task.job.timeout_s:g} s"
            else:
                run.conclusion = "success" if outcome.code == 0 else "failure"
                run.title = "Passed" if outcome.code == 0 else f"Exit code {outcome.code}"
            run.summary = "```\n" + "\n".join(outcome.log.splitlines()[-40:]) + "\n```"
            run.status, run.completed_at = "completed", hub.world.now()
            if task.job.app == "status":
                self._post_status(task, "success" if outcome.code == 0 else "failure", run.title)
                return
            checks.changed(hub, task.repo, run, action="completed", sender=self._bot())
            suite = task.repo.suites[run.suite_id]
            if suite_state(hub.world.runs_of(task.repo, suite))[0] == "completed":
                self._workflow(task, "completed")

    def _workflow(self, task: Task, action: str) -> None:
        if task.workflow is not None:
            task.workflow.updated_at = self._hub.world.now()
            events.workflow_run(self._hub, task.repo, run=task.workflow, action=action, sender=self._bot())

    def _post_status(self, task: Task, state: str, text: str) -> None:
        url = f"{self._hub.view.repo_html(task.repo)}/runs/{task.run.id}"
        raw = {"state": state, "context": task.job.name, "description": text, "target_url": url}
        try:
            checks.create_status(self._hub, task.repo, sha=task.sha, raw=raw, sender=self._bot())
        except ApiError:
            task.run.title = "The commit is gone"


def checkout(git: GitRepo, sha: str, target: Path) -> None:
    """A work tree of one commit with its own small repository (depth 1)."""
    target.mkdir(parents=True)
    inside = GitRepo(target / ".git")
    inside.run("init", "--quiet", cwd=target)
    inside.run("fetch", "--quiet", "--depth=1", f"file://{git.path}", sha)
    inside.run(
        "-c", "core.hooksPath=/dev/null", "--work-tree", str(target), "checkout", "--quiet", "--detach", sha
    )
