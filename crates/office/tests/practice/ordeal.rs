//! What a practice goes through while its database is away: calls before, while and after.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::{CallId, CaseId, CaseUpdate, OfficeReply, OfficeRequest, Urgency};
use jiff::Timestamp;
use office::Office;
use store::{PageOutcome, Store};

use crate::practice::{Caller, Delivery, NEVER, Riverside, close, holder, in_turn, link, message};

/// Nothing here takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(90);
/// A page leaves so soon after it was decided.
const LEAVES_WITHIN: f64 = 3.0;
/// From a page to the next.
const AGAIN: Duration = Duration::from_millis(1500);
/// Callers who leave a message meanwhile.
const REFUSED: usize = 3;

pub async fn riverside() -> Riverside {
    Riverside::new(in_turn(AGAIN, NEVER, NEVER)).await
}

/// Every page so far.
#[derive(Default)]
struct Pages(Vec<Delivery>);

impl Pages {
    /// Reads pages until there is one like this.
    async fn until(&mut self, riverside: &mut Riverside, is: impl Fn(&Delivery) -> bool) -> (CaseId, String) {
        loop {
            let page = riverside.ann.next().await;
            let is = is(&page);
            self.0.push(page);
            if is {
                return link(&self.0[self.0.len() - 1]);
            }
        }
    }

    fn of(&self, case: CaseId) -> impl Iterator<Item = &Delivery> {
        self.0.iter().filter(move |page| link(page).0 == case)
    }
}

/// A call with a case, and the link of its first page.
struct Emergency {
    caller: Caller,
    case: CaseId,
    token: String,
}

impl Emergency {
    async fn begins(office: &Office, riverside: &mut Riverside, pages: &mut Pages, kept_in: &str) -> Self {
        let mut caller = Caller::new(office);
        caller.opens(Urgency::Emergency).await;
        let (case, token) = pages.until(riverside, |page| page.body["why"] == "opened").await;
        assert_eq!(pages.0.last().unwrap().body["kept_in"], kept_in);
        if kept_in == "disk" {
            assert_eq!(caller.reply().await, OfficeReply::CaseOpened { case });
        }
        assert_eq!(caller.reply().await, OfficeReply::Paged, "and nothing is said of a case that was kept");
        Self { caller, case, token }
    }

    async fn is_taken(&mut self, office: &Office) {
        let now = Timestamp::now();
        let taken = office.acknowledge(self.case, &self.token, Urgency::Emergency, now).await.unwrap();
        assert_eq!(holder(&taken), Some("Doctor Ann"));
    }

    async fn hears_that_it_is_taken(&mut self) {
        assert_eq!(self.caller.reply().await, OfficeReply::Acknowledged { by: "Doctor Ann".to_owned() });
    }
}

/// Breaks the practice's database for so long, mends it, and says what came of it.
pub async fn outlasts(
    fault: &str,
    mut riverside: Riverside,
    lasts: Duration,
    breaks: impl FnOnce(),
    mends: impl FnOnce(),
) {
    let (office, store, task) = riverside.open().await;
    let mut pages = Pages::default();
    let mut kept = Caller::new(&office);
    kept.ask(1, message()).await;
    assert!(matches!(kept.reply().await, OfficeReply::MessageSaved { .. }));
    let mut before = Emergency::begins(&office, &mut riverside, &mut pages, "disk").await;

    breaks();
    let broken = Instant::now();
    let mut refused = refuses_messages(&office).await;
    let mut meanwhile = Emergency::begins(&office, &mut riverside, &mut pages, "memory").await;
    meanwhile.caller.ask(2, OfficeRequest::UpdateCase(CaseUpdate::CalledEmergencyNumber(true))).await;
    assert_eq!(meanwhile.caller.reply().await, OfficeReply::Unavailable, "nothing is claimed");
    let mut taken = Emergency::begins(&office, &mut riverside, &mut pages, "memory").await;
    let asked = Instant::now();
    taken.is_taken(&office).await;
    let to_take = asked.elapsed();
    taken.hears_that_it_is_taken().await;
    let is_again = |of: CaseId| move |page: &Delivery| link(page).0 == of && page.body["kept_in"] == "memory";
    pages.until(&mut riverside, is_again(before.case)).await;
    pages.until(&mut riverside, is_again(meanwhile.case)).await;
    while broken.elapsed() < lasts {
        pages.until(&mut riverside, |_| true).await;
    }

    mends();
    let mended = Instant::now();
    assert_eq!(meanwhile.caller.reply().await, OfficeReply::CaseOpened { case: meanwhile.case });
    for caller in &mut refused {
        is_kept(&store, caller).await;
    }
    let caught_up = mended.elapsed();
    for emergency in [&mut before, &mut meanwhile] {
        emergency.is_taken(&office).await;
        emergency.hears_that_it_is_taken().await;
    }
    are_announced(&mut riverside, 1 + REFUSED).await;

    let calls = [&before, &meanwhile, &taken].map(|emergency| (emergency.caller.call, emergency.case));
    let messages: Vec<_> = refused.iter().chain([&kept]).map(|caller| caller.call).collect();
    drop((before, meanwhile, taken, refused));
    close(office, kept, task).await;
    store.close().await;
    pages.0.extend(std::iter::from_fn(|| riverside.ann.try_next()));
    let slowest = nothing_is_lost(&riverside.store().await, &messages, calls, &pages).await;
    println!(
        "{fault} for {:.0} s: {} pages left, the slowest {slowest:.2} s after it was decided; a clinician took a case in {:.2} s; \
         all was kept {:.1} s after it; lost: nothing",
        lasts.as_secs_f64(),
        pages.0.len(),
        to_take.as_secs_f64(),
        caught_up.as_secs_f64(),
    );
}

/// Looks at the database of an office that was closed: of these calls each has left one message or opened this case, the
/// second of which was told something more. How long the slowest page took, in seconds.
async fn nothing_is_lost(store: &Store, messages: &[CallId], calls: [(CallId, CaseId); 3], pages: &Pages) -> f64 {
    for call in messages {
        assert_eq!(store.messages_of(*call).await.unwrap().len(), 1, "each message once");
    }
    let mut slowest: f64 = 0.0;
    for (call, case) in calls {
        let file = store.case_of_call(call).await.unwrap();
        assert_eq!((file.case.id, file.case.acknowledged.is_some()), (case, true));
        slowest = slowest.max(check_pages(&file.pages, &pages.of(case).collect::<Vec<_>>()));
    }
    assert_eq!(store.case_of_call(calls[1].0).await.unwrap().events.len(), 1, "what was told of it meanwhile");
    let report = store.verify_ledger(&"riverside".into(), None).await.unwrap();
    assert!(report.flaws.is_empty(), "{:?}", report.flaws);
    slowest
}

/// At the same time: each waits for a database that does not answer.
async fn refuses_messages(office: &Office) -> Vec<Caller> {
    let mut callers = [(); REFUSED].map(|()| Caller::new(office));
    let [a, b, c] = &callers;
    tokio::join!(a.ask(1, message()), b.ask(1, message()), c.ask(1, message()));
    for caller in &mut callers {
        assert_eq!(caller.reply().await, OfficeReply::Unavailable, "nothing is claimed");
    }
    callers.into()
}

/// Without being asked again; and then it is the same message.
async fn is_kept(store: &Store, caller: &mut Caller) {
    let since = Instant::now();
    let kept = loop {
        match &store.messages_of(caller.call).await.unwrap_or_default()[..] {
            [kept] => break kept.id,
            several => {
                assert!(several.is_empty() && since.elapsed() < LONG, "a message that was refused is never kept");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    caller.ask(1, message()).await;
    assert_eq!(caller.reply().await, OfficeReply::MessageSaved { message: kept });
}

/// Each under its own number, by which its receiver can tell what it has had.
async fn are_announced(riverside: &mut Riverside, messages: usize) {
    let mut announced = BTreeSet::new();
    while announced.len() < messages {
        announced.insert(riverside.desk.next().await.id);
    }
}

/// What is kept of a case's pages is what arrived, each once and in time; how long the slowest took, in seconds.
fn check_pages(kept: &[store::PageRow], arrived: &[&Delivery]) -> f64 {
    let steps: Vec<_> = arrived.iter().map(|page| page.body["step"].as_u64().unwrap()).collect();
    assert!(steps.is_sorted_by(|a, b| a < b), "each page once: {steps:?}");
    assert_eq!(kept.iter().map(|page| u64::from(page.step)).collect::<Vec<_>>(), steps, "kept, and arrived");
    let took = |page: &store::PageRow| {
        let PageOutcome::Accepted { at } = page.outcome else { panic!("{page:?}") };
        at.duration_since(page.intended_at).as_secs_f64()
    };
    let slowest = kept.iter().map(took).fold(0.0, f64::max);
    assert!(slowest < LEAVES_WITHIN, "a page left {slowest} s after it was decided");
    slowest
}
