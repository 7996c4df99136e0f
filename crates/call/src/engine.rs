//! Models on their own OS threads.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::pace::Pace;

/// Jobs that somebody waits for. Full means that the machine is hopelessly behind: the job is refused and the call
/// goes to a person.
const NEEDED_JOBS_MAX: usize = 64;
/// Jobs that would be nice to have, partials above all. Full: the oldest is shed, its waiter gets
/// [`EngineError::Shed`].
const SPARE_JOBS_MAX: usize = 4;

/// Whether a job may be shed under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// A caller waits for it.
    Needed,
    /// Done when nothing needed is waiting.
    Spare,
}

/// Why a job gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Too many jobs are waiting.
    #[error("too many jobs wait for this model")]
    Busy,
    /// A spare job gave way to others.
    #[error("the job gave way to more urgent ones")]
    Shed,
    /// The job panicked, or the engine has stopped.
    #[error("the model's thread gave no answer")]
    Lost,
}

/// One or several copies of a model, each on its own OS thread, taking jobs from one bounded queue.
///
/// Dropping the last handle stops the threads after the job in hand.
pub struct Engine<M: 'static> {
    queue: Arc<Queue<M>>,
    pace: Pace,
}

type Job<M> = Box<dyn FnOnce(Option<&mut M>) + Send>;

struct Queue<M> {
    name: &'static str,
    jobs: Mutex<Jobs<M>>,
    changed: Condvar,
}

struct Jobs<M> {
    needed: VecDeque<Job<M>>,
    spare: VecDeque<Job<M>>,
    handles: usize,
}

impl<M: Send + 'static> Engine<M> {
    /// Starts one thread for each of `models`; an error where the operating system gives none.
    pub fn start(name: &'static str, models: Vec<M>, pace: Pace) -> io::Result<Self> {
        let jobs = Jobs { needed: VecDeque::new(), spare: VecDeque::new(), handles: 1 };
        let queue = Arc::new(Queue { name, jobs: Mutex::new(jobs), changed: Condvar::new() });
        for model in models {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(name.to_owned()).spawn(move || queue.work(model))?;
        }
        Ok(Self { queue, pace })
    }

    /// Runs `job` on a model and waits for what it returns.
    pub async fn run<R: Send + 'static>(
        &self,
        haste: Haste,
        job: impl FnOnce(&mut M) -> R + Send + 'static,
    ) -> Result<R, EngineError> {
        let _hold = self.pace.hold();
        let (answer, result) = oneshot::channel();
        let boxed: Job<M> = Box::new(move |model| {
            // Nobody waits any more: under load, what is late must not make everything behind it late as well.
            if answer.is_closed() {
                return;
            }
            let outcome = model.map(job).ok_or(EngineError::Shed);
            // Nobody waits any more when the call has ended: then the result is of no use to anyone.
            drop(answer.send(outcome));
        });
        self.queue.add(haste, boxed)?;
        result.await.unwrap_or(Err(EngineError::Lost))
    }
}

impl<M> Queue<M> {
    fn lock(&self) -> MutexGuard<'_, Jobs<M>> {
        // A job never runs under the lock, so a poisoned lock still guards whole queues.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, haste: Haste, job: Job<M>) -> Result<(), EngineError> {
        let mut jobs = self.lock();
        let mut shed = None;
        match haste {
            Haste::Needed if jobs.needed.len() >= NEEDED_JOBS_MAX => return Err(EngineError::Busy),
            Haste::Needed => jobs.needed.push_back(job),
            Haste::Spare => {
                if jobs.spare.len() >= SPARE_JOBS_MAX {
                    shed = jobs.spare.pop_front();
                }
                jobs.spare.push_back(job);
            }
        }
        drop(jobs);
        self.changed.notify_one();
        if let Some(shed) = shed {
            shed(None);
        }
        Ok(())
    }

    fn work(&self, mut model: M) {
        while let Some(job) = self.next() {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(Some(&mut model)))) {
                tracing::error!(engine = self.name, panic = what(&*panic), "a job panicked");
            }
        }
    }

    /// The next job, or `None` once every handle is gone.
    fn next(&self) -> Option<Job<M>> {
        let mut jobs = self.lock();
        loop {
            if let Some(job) = jobs.needed.pop_front() {
                return Some(job);
            }
            if let Some(job) = jobs.spare.pop_front() {
                return Some(job);
            }
            if jobs.handles == 0 {
                return None;
            }
            jobs = self.changed.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A panic's message is ours or a library's and could hold a patient's words: only its kind is told.
fn what(panic: &(dyn Any + Send)) -> &'static str {
    if panic.is::<String>() { "formatted message" } else { "static message" }
}

impl<M> Clone for Engine<M> {
    fn clone(&self) -> Self {
        self.queue.lock().handles += 1;
        Self { queue: Arc::clone(&self.queue), pace: self.pace }
    }
}

impl<M> Drop for Engine<M> {
    fn drop(&mut self) {
        self.queue.lock().handles -= 1;
        self.queue.changed.notify_all();
    }
}

impl<M> std::fmt::Debug for Engine<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("name", &self.queue.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_job_and_no_more() {
        let engine = Engine::start("test", vec![0_u32], Pace::RealTime).unwrap();
        let lost = engine.run(Haste::Needed, |_: &mut u32| -> u32 { panic!("a model broke") }).await;
        assert_eq!(lost, Err(EngineError::Lost));
        assert_eq!(
            engine
                .run(Haste::Needed, |n| {
                    *n += 1;
                    *n
                })
                .await,
            Ok(1)
        );
    }

    #[tokio::test]
    async fn needed_jobs_overtake_spare_ones_and_spare_ones_are_shed() {
        let engine = Engine::start("test", vec![Vec::<&'static str>::new()], Pace::RealTime).unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let engine = engine.clone();
            async move { engine.run(Haste::Needed, move |_| gate.recv().is_ok()).await }
        });
        tokio::task::yield_now().await;
        let mut spare = Vec::new();
        for _ in 0..=SPARE_JOBS_MAX {
            let engine = engine.clone();
            spare.push(tokio::spawn(async move { engine.run(Haste::Spare, |log| log.push("spare")).await }));
            tokio::task::yield_now().await;
        }
        let needed = tokio::spawn({
            let engine = engine.clone();
            async move { engine.run(Haste::Needed, |log| log.push("needed")).await }
        });
        tokio::task::yield_now().await;
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        needed.await.unwrap().unwrap();
        let results: Vec<_> = futures(spare).await;
        assert_eq!(results[0], Err(EngineError::Shed), "the oldest spare job gives way");
        assert!(results[1..].iter().all(Result::is_ok));
        let log = engine.run(Haste::Needed, |log| log.clone()).await.unwrap();
        assert_eq!(log, ["needed", "spare", "spare", "spare", "spare"]);
    }

    async fn futures<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
        let mut done = Vec::new();
        for task in tasks {
            done.push(task.await.unwrap());
        }
        done
    }

    #[tokio::test(start_paused = true)]
    async fn virtual_time_stands_still_while_a_model_works() {
        let engine = Engine::start("test", vec![()], Pace::Virtual).unwrap();
        let before = tokio::time::Instant::now();
        let timer = tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        });
        engine.run(Haste::Needed, |()| thread::sleep(std::time::Duration::from_millis(50))).await.unwrap();
        assert_eq!(before.elapsed(), std::time::Duration::ZERO);
        timer.await.unwrap();
        assert_eq!(before.elapsed().as_secs(), 60);
    }
}
