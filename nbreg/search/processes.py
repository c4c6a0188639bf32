"""Several fits at once, each in a process of its own."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nbreg.errors import TrainingError
from nbreg.search.course import Course
from nbreg.search.crew import IDLE
from nbreg.search.fold_table import FoldTable
from nbreg.search.handing_out import hand_out
from nbreg.search.outcome import Outcome
from nbreg.search.parted_sums import may_be_parted
from nbreg.search.sending import pickled
from nbreg.search.threads import environment_of_worker, n_cores
from nbreg.search.worker import News, Worker
from nbreg.search.workers import Fit, Workers

#: A fit whose worker dies is done again, so often at most.
RETRIES = 2
#: A worker that has grown by so many bytes is replaced, and one that has done so many fits.
MOST_GROWTH, MOST_FITS = 500 * 2**20, 1_000


class Processes(Workers):
    """`jobs` worker processes, started when there is something to do; they stay for a minute (`crew.LINGER`).

    A process that dies is replaced, and its fit done again, twice at most; then the fit has failed. Processes are
    replaced, too, before what TensorFlow does not give back comes to much.
    """

    def __init__(self, jobs: int):
        self.jobs = jobs

    @property
    def notices(self) -> tuple[str, ...]:
        cores = n_cores()
        if self.jobs <= cores:
            return ()
        return (
            f"{self.jobs} jobs share {cores} {'core' if cores == 1 else 'cores'}: more jobs than cores gain little.",
        )

    def outcomes(self, table: FoldTable, fits: Iterable[Fit | None], course: Course) -> Iterator[tuple[Fit, Outcome]]:
        crew = ProcessCrew(self.jobs, table)
        try:
            yield from hand_out(crew, fits, course)
        finally:
            crew.close()


@dataclass
class _Task:
    """A fit under way, and how many workers died of it."""

    fit: Fit
    message: bytes
    n_deaths: int = 0


class ProcessCrew:
    """The processes of one cross-validation, study or search (`handing_out.Crew`).

    From the first training on that goes by the number of threads, all processes have as many as this one.
    """

    def __init__(self, jobs: int, table: FoldTable):
        self._jobs, self._folded, self._table = jobs, table, pickled(table)
        self._environment, self._as_asker = environment_of_worker(jobs, as_asker=False), False
        self._inbox: queue.Queue[News] = queue.Queue()
        self._free: list[Worker] = []
        self._at_work: dict[Worker, _Task] = {}
        self._stopping = False

    @property
    def n_wanted(self) -> int:
        return 1 if len(self._at_work) < self._jobs else 0

    @property
    def n_under_way(self) -> int:
        return len(self._at_work)

    def begin(self, fits: list[Fit]) -> None:
        for fit in fits:
            if not self._as_asker and may_be_parted(fit.options, self._folded):
                self._take_threads()
            self._begin(_Task(fit, pickled(replace(fit, key=None))))

    def news(self, timeout: float) -> Iterator[tuple[Fit, Outcome | None]]:
        try:
            news = self._inbox.get(timeout=timeout)
        except queue.Empty:
            return
        while True:
            task = self._at_work.pop(news.worker, None)
            if task is None:
                self._forget(news.worker)  # one that was idle has ended
            elif news.answer is None:
                yield from self._mourned(news.worker, task)
            else:
                self._rest(news.worker)
                yield task.fit, news.answer[0]
            try:
                news = self._inbox.get_nowait()
            except queue.Empty:
                return

    def request_stop(self) -> None:
        self._stopping = True
        for worker in self._at_work:
            worker.request_stop()

    def close(self) -> None:
        """Let idle workers stay for others, and end those that have not come to an end."""
        for worker in self._at_work:
            worker.close()
        for worker in self._free:
            IDLE.give_back(worker)
        self._at_work, self._free = {}, []

    def _begin(self, task: _Task) -> None:
        worker = self._free.pop() if self._free else IDLE.take(self._environment)
        worker.inbox = self._inbox
        self._at_work[worker] = task
        worker.begin(self._table, task.message)

    def _take_threads(self) -> None:
        self._environment, self._as_asker = environment_of_worker(self._jobs, as_asker=True), True
        others = [worker for worker in self._free if worker.environment != self._environment]
        for worker in others:
            self._forget(worker)

    def _rest(self, worker: Worker) -> None:
        is_fresh = worker.n_done < MOST_FITS and worker.memory - worker.memory_first < MOST_GROWTH
        if is_fresh and worker.environment == self._environment:
            self._free.append(worker)
        else:
            worker.close()

    def _forget(self, worker: Worker) -> None:
        if worker in self._free:
            self._free.remove(worker)
            worker.close()

    def _mourned(self, worker: Worker, task: _Task) -> Iterator[tuple[Fit, Outcome | None]]:
        """Have the fit of a worker that has died done again, or yield that it failed."""
        could_not_start, why = worker.could_not_start, worker.last_words()
        worker.close()
        if could_not_start:
            raise TrainingError(f"No worker process can be had (jobs): {why}. Take one job (--jobs 1).")
        task.n_deaths += 1
        if self._stopping:
            yield task.fit, None
        elif task.n_deaths <= RETRIES:
            self._begin(task)
        else:
            yield task.fit, Outcome(0.0, error=f"Its worker process died, {task.n_deaths} times over: {why}.")
