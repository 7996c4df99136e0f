//! One search for a person: one after the other is rung, told who calls and why, and asked to take the call with a key. A voicemail
//! box never presses one.

use std::pin::pin;
use std::time::Duration;

use dialogue::{About, Prompt, TransferTo};
use domain::{CallId, LineId, Phi, Tempo, Urgency};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use transport::{Bridge, Dial, Leg, LegNews, NotAnswered};

use crate::front_desk::FrontDesk;
use crate::mouth::Mouth;
use crate::switchboard::{Callee, CalleeNews, HandingOver, Switchboard, SwitchboardRequest};

/// News of a search on its way to the call: it waits.
const NEWS_MAX: usize = 4;
/// Who is to be rung is known within this, or nobody.
const WHOM_WITHIN: Duration = Duration::from_secs(3);
/// A telephone rings so long: four or five times.
const RINGS_FOR: Duration = Duration::from_secs(20);
/// Who picked up takes the call within this, or the next is rung.
const KEY_WITHIN: Duration = Duration::from_secs(20);
/// What they are told is said again when nothing was pressed for so long.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(4);
/// A last line is heard to its end within this.
const LAST_LINE_MAX: Duration = Duration::from_secs(6);
/// A line that has put somebody in our place tells so within this.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(3);
/// Two who have been with each other for so long have spoken.
const REACHED_AFTER: Duration = Duration::from_secs(10);

/// What became of a search.
#[derive(Debug)]
pub(crate) enum Sought {
    /// Somebody's telephone rings.
    Ringing,
    /// They have taken the call: whoever has this puts the two together.
    Accepted { by: String, bridge: oneshot::Sender<Bridge> },
    /// The caller's line is to put them through.
    Refer { to: Phi<String>, done: oneshot::Sender<Result<(), NotAnswered>> },
    /// It has.
    HandedOver,
    /// Nobody took it.
    Unavailable,
    /// Who had taken it hung up.
    Ended,
    /// Their line broke.
    Lost,
}

/// Begins a search. Dropping what it tells ends it: telephones stop ringing, who has picked up hears that the caller is gone.
/// What the call is `about` may change while it goes on.
pub(crate) fn seek(
    desk: &FrontDesk,
    switchboard: Switchboard,
    call: CallId,
    to: TransferTo,
    about: watch::Receiver<About>,
) -> mpsc::Receiver<Sought> {
    let (news, sought) = mpsc::channel(NEWS_MAX);
    let search = Search { desk: desk.clone(), switchboard, call, about, news };
    tokio::spawn(search.run(to));
    sought
}

struct Search {
    desk: FrontDesk,
    switchboard: Switchboard,
    call: CallId,
    about: watch::Receiver<About>,
    news: mpsc::Sender<Sought>,
}

/// Somebody who has picked up.
struct Other {
    leg: Leg,
    mouth: Mouth,
    said: u32,
}

/// What somebody who has picked up decides.
enum Decision {
    /// They were told that it is so urgent.
    Takes(Urgency),
    Declines,
    /// They hung up, or nobody is there who presses a key.
    Nothing,
    /// There is no caller any more.
    CallerGone,
}

/// What the caller's line did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandedOver {
    Done,
    /// It tried.
    Failed,
    /// It cannot do that.
    Impossible,
}

/// Nobody waits any more for what a search finds.
struct GivenUp;

impl Search {
    async fn run(self, to: TransferTo) {
        for callee in self.whom(to).await {
            match self.try_one(&callee).await {
                Ok(true) | Err(GivenUp) => return,
                Ok(false) => {}
            }
        }
        // A call that is over needs no answer.
        self.news.send(Sought::Unavailable).await.ok();
    }

    /// As it stands now.
    fn about(&self) -> About {
        let mut about = self.about.borrow().clone();
        about.name.take_if(|_| !self.switchboard.names);
        about
    }

    async fn whom(&self, to: TransferTo) -> Vec<Callee> {
        let (callees, answer) = oneshot::channel();
        let asked = SwitchboardRequest::Whom { call: self.call, to, about: self.about(), callees };
        let ask = async {
            self.switchboard.requests.send(asked).await.ok()?;
            answer.await.ok()
        };
        timeout(WHOM_WITHIN, ask).await.ok().flatten().unwrap_or_default()
    }

    /// Whether they took the call.
    async fn try_one(&self, callee: &Callee) -> Result<bool, GivenUp> {
        self.tell(Sought::Ringing).await?;
        if self.switchboard.handing_over == HandingOver::Blind {
            match self.hand_over(callee.address.clone()).await? {
                HandedOver::Done => return Ok(true),
                HandedOver::Failed => return Ok(false),
                // Nor would it for anybody else: we ring.
                HandedOver::Impossible => {}
            }
        }
        let Some(leg) = self.ring(callee).await? else { return Ok(false) };
        let (mouth_news, _unheard) = mpsc::channel(NEWS_MAX);
        let mouth = Mouth::start(self.desk.voice.clone(), leg.speaker.clone(), mouth_news);
        let mut other = Other { leg, mouth, said: 0 };
        let told = match self.ask(&mut other).await {
            Decision::Takes(urgency) => urgency,
            Decision::Declines => {
                self.inform(callee, CalleeNews::Declined).await;
                other.last_line(&self.desk, &Prompt::WhisperDeclined).await;
                return Ok(false);
            }
            Decision::Nothing => return Ok(false),
            Decision::CallerGone => {
                other.last_line(&self.desk, &Prompt::WhisperCallerGone).await;
                return Err(GivenUp);
            }
        };
        self.inform(callee, CalleeNews::Accepted(told)).await;
        self.put_together(callee, other).await?;
        Ok(true)
    }

    /// Has the caller's line put them through.
    async fn hand_over(&self, to: Phi<String>) -> Result<HandedOver, GivenUp> {
        let (done, outcome) = oneshot::channel();
        self.tell(Sought::Refer { to, done }).await?;
        tokio::select! {
            () = self.news.closed() => Err(GivenUp),
            outcome = outcome => match outcome {
                Ok(Ok(())) => self.tell(Sought::HandedOver).await.map(|()| HandedOver::Done),
                Ok(Err(_)) => Ok(HandedOver::Failed),
                Err(_) => Ok(HandedOver::Impossible),
            },
        }
    }

    /// `None` if nobody picks up.
    async fn ring(&self, callee: &Callee) -> Result<Option<Leg>, GivenUp> {
        let (answered, answer) = oneshot::channel();
        let dial = Dial { to: callee.address.clone(), answered };
        if self.switchboard.dials.send(dial).await.is_err() {
            return Ok(None);
        }
        tokio::select! {
            () = self.news.closed() => Err(GivenUp),
            () = sleep(RINGS_FOR) => Ok(None),
            answer = answer => match answer {
                Ok(Ok(leg)) => Ok(Some(leg)),
                Ok(Err(why)) => {
                    tracing::info!(call = %self.call, callee = callee.id, %why, "could not be put through");
                    Ok(None)
                }
                Err(_) => Ok(None),
            },
        }
    }

    /// Tells them who calls and why, until they decide.
    async fn ask(&self, other: &mut Other) -> Decision {
        let mut give_up = Instant::now() + KEY_WITHIN;
        let mut about = self.about.clone();
        let mut told = self.whispers(other);
        let mut again = None;
        loop {
            let next = again.map_or(give_up, |again: Instant| again.min(give_up));
            tokio::select! {
                () = self.news.closed() => return Decision::CallerGone,
                news = other.leg.news.recv() => match news {
                    Some(LegNews::Dtmf('1')) => return Decision::Takes(told),
                    Some(LegNews::Dtmf('2')) => return Decision::Declines,
                    Some(LegNews::Dtmf(_)) => {
                        again = None;
                        told = self.whispers(other);
                    }
                    Some(LegNews::Finished { .. }) => again = Some(Instant::now() + SAID_AGAIN_AFTER),
                    Some(LegNews::Started { .. } | LegNews::HearingOverrun) => {}
                    Some(LegNews::HungUp | LegNews::Lost) | None => return Decision::Nothing,
                },
                Some(_unheard) = other.leg.hears.recv() => {}
                Ok(()) = about.changed() => {
                    // What they have heard is not so any more. It only rises, so that this ends.
                    if about.borrow_and_update().urgency > told {
                        (again, give_up) = (None, Instant::now() + KEY_WITHIN);
                        told = self.whispers(other);
                    }
                }
                () = sleep_until(next) => {
                    if Instant::now() >= give_up {
                        return Decision::Nothing;
                    }
                    again = None;
                    told = self.whispers(other);
                }
            }
        }
    }

    /// Says who calls and why as it stands now, and gives how urgent that is.
    fn whispers(&self, other: &mut Other) -> Urgency {
        let about = self.about();
        let urgency = about.urgency;
        other.say(&self.desk, &Prompt::Whisper(Box::new(about)));
        urgency
    }

    /// They have taken the call: until one of the two hangs up.
    async fn put_together(&self, callee: &Callee, mut other: Other) -> Result<(), GivenUp> {
        other.mouth.speaker().stop();
        let (bridge, mut awaited) = oneshot::channel();
        self.tell(Sought::Accepted { by: callee.name.clone(), bridge }).await?;
        let bridge = tokio::select! {
            bridge = &mut awaited => bridge.ok(),
            gone = other.gone() => return self.tell(gone).await,
        };
        let Some(bridge) = bridge else {
            other.last_line(&self.desk, &Prompt::WhisperCallerGone).await;
            return Err(GivenUp);
        };
        if other.leg.speaker.bridge(bridge).is_err() {
            return self.tell(Sought::Lost).await;
        }
        let may_replace = self.switchboard.handing_over == HandingOver::Attended;
        let in_our_place = other.leg.in_our_place.clone().filter(|_| may_replace);
        let mut handing_over = pin!(async {
            match in_our_place {
                Some(to) => self.hand_over(to).await,
                None => Ok(HandedOver::Impossible),
            }
        });
        let mut handed_over = None;
        let reached_at = Instant::now() + REACHED_AFTER;
        let mut reached = false;
        let gone = loop {
            tokio::select! {
                () = self.news.closed() => return Err(GivenUp),
                handed = &mut handing_over, if handed_over.is_none() => {
                    handed_over = Some(handed?);
                    if handed_over == Some(HandedOver::Done) {
                        return Ok(());
                    }
                }
                () = sleep_until(reached_at), if !reached => {
                    reached = true;
                    self.inform(callee, CalleeNews::Reached).await;
                }
                gone = other.gone() => break gone,
            }
        };
        // Who is put in our place hangs up on us, perhaps before the caller's line has told so.
        if handed_over.is_none() && matches!(timeout(HANDED_OVER_WITHIN, handing_over).await, Ok(Ok(HandedOver::Done)))
        {
            return Ok(());
        }
        self.tell(gone).await
    }

    async fn tell(&self, sought: Sought) -> Result<(), GivenUp> {
        self.news.send(sought).await.map_err(|_| GivenUp)
    }

    /// What they did is for the office, whether or not the caller still waits.
    async fn inform(&self, callee: &Callee, news: CalleeNews) {
        let told = SwitchboardRequest::Told { call: self.call, who: callee.id.clone(), news };
        if self.switchboard.requests.send(told).await.is_err() {
            tracing::error!(call = %self.call, ?news, "the office could not be told");
        }
    }
}

impl Other {
    fn say(&mut self, desk: &FrontDesk, prompt: &Prompt) -> LineId {
        self.mouth.speaker().stop();
        self.said += 1;
        let line = LineId(self.said);
        let rendered = desk.wording.render(prompt, &desk.practice);
        // Who hears nothing presses nothing, and the next is rung.
        self.mouth.say(line, rendered, Tempo::Usual).ok();
        line
    }

    /// Says something and waits until it is heard; then they are left.
    async fn last_line(mut self, desk: &FrontDesk, prompt: &Prompt) {
        let last = self.say(desk, prompt);
        let heard = async {
            while let Some(news) = self.leg.news.recv().await {
                if matches!(news, LegNews::Finished { line, .. } if line == last) {
                    break;
                }
            }
        };
        timeout(LAST_LINE_MAX, heard).await.ok();
    }

    /// How they left. What they say goes nowhere until they are together with the caller.
    async fn gone(&mut self) -> Sought {
        loop {
            tokio::select! {
                news = self.leg.news.recv() => match news {
                    Some(LegNews::HungUp) => return Sought::Ended,
                    Some(LegNews::Lost) | None => return Sought::Lost,
                    Some(
                        LegNews::Dtmf(_)
                        | LegNews::Started { .. }
                        | LegNews::Finished { .. }
                        | LegNews::HearingOverrun,
                    ) => {}
                },
                Some(_unheard) = self.leg.hears.recv() => {}
            }
        }
    }
}
