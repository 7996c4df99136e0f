//! The real office behind a scenario: a database of its own, the practice's schedule and patients, and the office that
//! books. What it keeps is what a scenario is judged by.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Booking, CallId, OfficeReply, OfficeRequest, PatientQuery, Practice, ProviderWish, RequestId, SlotQuery};
use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use office::{Clock, Details, Office, OfficeConfig};
use oncall::{Clinician, Pace, Policy, Rota};
use store::{Exception, ImportedPatient, OpenOptions, Secret, Status, Store, Template};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// Nobody is paged here: cases are answered as the scenario says.
const NEVER: Duration = Duration::from_hours(1);
/// Replies of one request that are not yet read. A booking has one.
const REPLIES_MAX: usize = 4;
/// The key of a database that lives as long as its scenario.
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What a scenario's office stands on.
#[derive(Clone, Debug)]
pub struct BookOptions {
    /// The practice that was rung.
    pub practice: Arc<Practice>,
    /// The ordinary week.
    pub templates: Vec<Template>,
    /// What differs from it.
    pub exceptions: Vec<Exception>,
    /// Whom the practice knows.
    pub patients: Vec<ImportedPatient>,
}

/// A book that is open.
pub struct Book {
    runtime: Runtime,
    office: Office,
    store: Store,
    options: BookOptions,
    clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// The book cannot be opened, or a scenario puts something into it that does not fit.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// No folder or no runtime.
    #[error("a scenario's database cannot be made; look for space in the temporary folder")]
    Io(#[from] std::io::Error),
    /// The database.
    #[error("a scenario's database cannot be opened")]
    Store(#[from] store::StoreError),
    /// The office.
    #[error("a scenario's office does not start")]
    Office(#[from] office::OfficeError),
    /// A line that says what stands in the book.
    #[error("{line:?} cannot stand in the book: {why}; write `Maria Lopez 2026-03-10T09:00 patel physical`")]
    Line {
        /// As the scenario has it.
        line: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}

impl Drop for Book {
    /// The database is closed before the process may end: its threads must not outlive what they use.
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

impl Book {
    /// Opens a book, and puts these lines into it: `Maria Lopez 2026-03-10T09:00 patel physical`.
    pub fn open(options: BookOptions, now: Timestamp, lines: &[String]) -> Result<Self, BookError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let folder = tempfile::tempdir()?;
        let clock = Arc::new(AtomicI64::new(now.as_microsecond()));
        let config = config(&options, Arc::clone(&clock));
        let file = OpenOptions::new(folder.path().join("scenario.db"), Secret::new(KEY));
        let (store, office) = runtime.block_on(async {
            let store = Store::open(&file).await?;
            store.import_patients(&options.practice.id, &options.patients, now).await?;
            let (office, _working) = Office::start(store.clone(), config).await?;
            Ok::<_, BookError>((store, office))
        })?;
        let book = Self { runtime, office, store, options, clock, _folder: folder };
        for line in lines {
            book.put(line).map_err(|why| BookError::Line { line: line.clone(), why })?;
        }
        Ok(book)
    }

    /// What the office replies to a request of a call at `now`.
    pub(crate) fn ask(&self, call: CallId, id: RequestId, request: OfficeRequest, now: Timestamp) -> Vec<OfficeReply> {
        self.clock.store(now.as_microsecond(), Ordering::SeqCst);
        self.runtime.block_on(async {
            let (sender, mut replies) = mpsc::channel(REPLIES_MAX);
            self.office.handle(call, id, request, sender).await;
            let mut all = Vec::new();
            while let Some(reply) = replies.recv().await {
                all.push(reply);
            }
            all
        })
    }

    /// Every appointment, one a line: `Maria Lopez 2026-03-10T09:00 patel physical`, and `cancelled` behind one that was
    /// given up; or why it cannot be read.
    pub(crate) fn lines(&self) -> Result<Vec<String>, String> {
        let all = (Timestamp::MIN, Timestamp::MAX);
        let rows = self.runtime.block_on(async {
            let mut lines = Vec::new();
            for row in self.store.appointments(&self.options.practice.id, all).await? {
                let patient = self.store.patient(row.appointment.patient).await?;
                lines.push((row, patient));
            }
            Ok::<_, store::StoreError>(lines)
        });
        let line = |(row, patient): (store::AppointmentRow, store::PatientRow)| {
            let start = row.appointment.start.to_zoned(self.options.practice.zone.clone());
            let standing = match row.status {
                Status::Booked => "",
                Status::Cancelled => " cancelled",
            };
            format!(
                "{} {} {} {}{standing}",
                patient.name.expose(),
                start.strftime("%Y-%m-%dT%H:%M"),
                row.appointment.provider,
                row.appointment.kind
            )
        };
        Ok(rows.map_err(|why| format!("the book cannot be read: {why}"))?.into_iter().map(line).collect())
    }

    /// Books as a call would.
    fn put(&self, line: &str) -> Result<(), &'static str> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name @ .., start, provider, kind] = words.as_slice() else { return Err("it is too short") };
        let name = name.join(" ");
        let known = self.options.patients.iter().find(|patient| *patient.name.expose() == name);
        let patient = known.ok_or("the practice has no such patient")?;
        let start: DateTime = start.parse().map_err(|_| "the time is not such as 2026-03-10T09:00")?;
        let start = start.to_zoned(self.options.practice.zone.clone()).map_err(|_| "there is no such time")?;
        let call = CallId::new();
        let mut last = 0;
        let mut ask = |request| {
            last += 1;
            let now = Timestamp::from_microsecond(self.clock.load(Ordering::SeqCst)).unwrap_or_default();
            self.ask(call, RequestId(last), request, now).pop()
        };
        let query = PatientQuery {
            name: patient.name.clone(),
            date_of_birth: patient.date_of_birth.clone(),
            callback: patient.numbers.first().cloned(),
        };
        let Some(OfficeReply::PatientMatched(patient)) = ask(OfficeRequest::FindPatient(query)) else {
            return Err("the patient is not one record");
        };
        let minute = start.saturating_add(1.minute());
        let found = ask(OfficeRequest::FindSlots(SlotQuery {
            kind: (*kind).into(),
            patient: patient.id,
            provider: Some(ProviderWish::Named((*provider).into())),
            when: vec![(start.timestamp(), minute.timestamp())],
            instead_of: None,
            not: Vec::new(),
        }));
        let Some(OfficeReply::Slots(slots)) = found else { return Err("the practice's rules do not allow it") };
        let slot = slots.iter().find(|slot| slot.start == start.timestamp()).ok_or("nothing is free then")?;
        match ask(OfficeRequest::Book(Booking { slot: slot.id, patient: patient.id, reason: None })) {
            Some(OfficeReply::Booked(_)) => Ok(()),
            _ => Err("it was not booked"),
        }
    }
}

fn config(options: &BookOptions, clock: Arc<AtomicI64>) -> OfficeConfig {
    let nobody = Clinician { id: "nobody".into(), name: "Nobody".to_owned(), ways: Vec::new() };
    OfficeConfig {
        practice: Arc::clone(&options.practice),
        templates: options.templates.clone(),
        exceptions: options.exceptions.clone(),
        rota: Rota::always(nobody.clone(), None, nobody),
        lines: BTreeMap::new(),
        policy: Policy::in_turn(Pace::new(NEVER, NEVER), NEVER, NEVER),
        channels: BTreeMap::new(),
        telephones: BTreeMap::new(),
        gateway_token: None,
        test_pages: None,
        calendars: Vec::new(),
        waiting: office::WaitingList::default(),
        records: None,
        messages: None,
        mailbox: None,
        details: Details::ReferenceOnly,
        public_url: String::new(),
        link_key: Secret::new(KEY),
        clock: Clock::new(move || Timestamp::from_microsecond(clock.load(Ordering::SeqCst)).unwrap_or_default()),
    }
}
