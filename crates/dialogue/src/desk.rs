//! Everything that this call asked of the office, and what is to be told of the answers. Claims come from here only, and
//! only out of a reply.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{
    CallTime, CaseDraft, CaseId, CaseUpdate, MessageDraft, MessageId, OfficeReply, OfficeRequest, Phi, PhoneNumber,
    RedFlagId, RequestId, Urgency,
};

use crate::case::Case;
use crate::inquiry::{ANSWER_DUE, Inquiry, UnderWay};
use crate::requests::Requests;
use crate::visit::Change;
use crate::{Outcome, Output, Prompt};

/// The caller is told that a message could not be kept when the office has said nothing for this long.
const SAVED_DUE: Duration = Duration::from_secs(10);

/// This call's business with the office.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    requests: Requests,
    case: Option<Case>,
    messages: Vec<Delivery>,
    inquiry: Option<Inquiry>,
    changes: Vec<UnderWay>,
    outputs: VecDeque<Output>,
}

/// A message under way.
#[derive(Debug)]
struct Delivery {
    request: RequestId,
    draft: MessageDraft,
    /// When the practice answers, as it promises.
    by: Option<String>,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Awaited {
        since: CallTime,
    },
    /// The caller was told that it could not be kept; it is still being tried.
    Failed,
    Kept(MessageId),
}

impl Desk {
    /// The urgency that the office knows of, if a case was opened.
    pub(crate) fn case_urgency(&self) -> Option<Urgency> {
        self.case.as_ref().map(|case| case.urgency)
    }

    /// The messages that were kept.
    pub(crate) fn messages_kept(&self) -> impl Iterator<Item = Outcome> {
        let kept = self.messages.iter().filter(|delivery| matches!(delivery.standing, Standing::Kept(_)));
        kept.map(|delivery| Outcome::Message(Box::new(delivery.draft.clone())))
    }

    /// The message that was kept last, if the caller had not come to its end.
    pub(crate) fn message_begun(&self) -> Option<MessageId> {
        let last = self.messages.last().filter(|delivery| !delivery.draft.complete)?;
        if let Standing::Kept(message) = last.standing { Some(message) } else { None }
    }

    /// The case that was opened, once it is kept.
    pub(crate) fn case_kept(&self) -> Option<(CaseId, Urgency)> {
        self.case.as_ref().and_then(|case| Some((case.id?, case.urgency)))
    }

    /// What was achieved in the office's book.
    pub(crate) fn changes_made(&self) -> impl Iterator<Item = Outcome> {
        self.changes.iter().filter_map(UnderWay::outcome).cloned()
    }

    /// Whether the caller is owed a word: about the page, a message, or a change of the book.
    pub(crate) fn news_awaited(&self) -> bool {
        self.page_news_awaited()
            || self.changes.iter().any(UnderWay::news_awaited)
            || self.messages.iter().any(|delivery| matches!(delivery.standing, Standing::Awaited { .. }))
    }

    /// Whether the caller is owed a word about the page.
    pub(crate) fn page_news_awaited(&self) -> bool {
        self.case.as_ref().is_some_and(Case::news_awaited)
    }

    /// Whether news of the page may come any moment.
    pub(crate) fn page_news_expected(&self) -> bool {
        self.case.as_ref().is_some_and(Case::news_expected)
    }

    /// Whether all that was asked is done.
    pub(crate) fn is_clear(&self) -> bool {
        self.requests.are_done()
    }

    pub(crate) fn open_case(&mut self, draft: CaseDraft, now: CallTime) {
        let (urgency, callback) = (draft.urgency, draft.callback.clone());
        let request = self.ask(OfficeRequest::OpenCase(draft), now);
        self.case = Some(Case::new(request, urgency, callback, now));
    }

    /// The case is more urgent than the office knows.
    pub(crate) fn raise_case(&mut self, urgency: Urgency, red_flags: Vec<RedFlagId>, now: CallTime) {
        let Some(case) = &mut self.case else { return };
        case.urgency = urgency;
        self.update_case(CaseUpdate::Raised { urgency, red_flags }, now);
    }

    /// Adds to the case, if there is one.
    pub(crate) fn update_case(&mut self, update: CaseUpdate, now: CallTime) {
        if self.case.is_some() {
            self.ask(OfficeRequest::UpdateCase(update), now);
        }
    }

    /// Tells the case whom to call back, as far as the office does not know it.
    pub(crate) fn update_contact(
        &mut self,
        name: Option<&Phi<String>>,
        callback: Option<&Phi<PhoneNumber>>,
        now: CallTime,
    ) {
        let Some(case) = &mut self.case else { return };
        let new_name = name.filter(|name| case.name.as_ref() != Some(name)).cloned();
        let new_callback = callback.filter(|number| case.callback.as_ref() != Some(number)).cloned();
        case.name = new_name.clone().or(case.name.take());
        case.callback = new_callback.clone().or(case.callback.take());
        let updates = [new_name.map(CaseUpdate::Name), new_callback.map(CaseUpdate::Callback)];
        for update in updates.into_iter().flatten() {
            self.update_case(update, now);
        }
    }

    /// Has a message kept. `by`: what the caller is told of the answer once it is.
    pub(crate) fn save(&mut self, draft: MessageDraft, by: Option<String>, now: CallTime) {
        let request = self.ask(OfficeRequest::SaveMessage(Box::new(draft.clone())), now);
        self.messages.push(Delivery { request, draft, by, standing: Standing::Awaited { since: now } });
    }

    /// Asks something for a visit. The answer is waited for by [`Self::takes_answer`] or [`Self::answer_overdue`].
    pub(crate) fn inquire(&mut self, request: OfficeRequest, now: CallTime) {
        self.forget_inquiry();
        let request = self.ask(request, now);
        self.inquiry = Some(Inquiry { request, since: now });
    }

    /// Has the book changed.
    pub(crate) fn change(&mut self, change: Change, now: CallTime) {
        self.inquire(change.request.clone(), now);
        self.changes.extend(self.inquiry.map(|inquiry| UnderWay::new(inquiry.request, change)));
    }

    /// Whether `id` is what a visit has asked and waits for. Once.
    pub(crate) fn takes_answer(&mut self, id: RequestId) -> bool {
        let ours = self.inquiry.take_if(|inquiry| inquiry.request == id).is_some();
        if ours {
            self.requests.done(id);
        }
        ours
    }

    /// Whether the answer to a visit has not come in time. It is not asked for any more.
    pub(crate) fn answer_overdue(&mut self, now: CallTime) -> bool {
        let Some(inquiry) = self.inquiry.take_if(|inquiry| inquiry.since + ANSWER_DUE <= now) else { return false };
        self.drop_request(inquiry.request);
        true
    }

    /// Nobody waits for what a visit has asked. What was confirmed is still done.
    pub(crate) fn forget_inquiry(&mut self) {
        let changes = &self.changes;
        let idle = |inquiry: &mut Inquiry| changes.iter().all(|change| change.request != inquiry.request);
        if let Some(inquiry) = self.inquiry.take_if(idle) {
            self.requests.done(inquiry.request);
        }
    }

    fn drop_request(&mut self, id: RequestId) {
        self.requests.done(id);
        if let Some(change) = self.changes.iter_mut().find(|change| change.request == id) {
            change.give_up();
        }
    }

    /// What the caller is to hear of a reply.
    pub(crate) fn reply(&mut self, id: RequestId, reply: &OfficeReply) -> Option<Prompt> {
        // What is refused is asked again later.
        if *reply != OfficeReply::Unavailable {
            self.requests.done(id);
        }
        if let Some(case) = self.case.as_mut().filter(|case| case.request == id) {
            return case.reply(reply);
        }
        if let Some(change) = self.changes.iter_mut().find(|change| change.request == id) {
            return change.reply(reply);
        }
        self.messages.iter_mut().find(|delivery| delivery.request == id)?.reply(reply)
    }

    pub(crate) fn poll_timeout(&self) -> Option<CallTime> {
        let messages = self.messages.iter().filter_map(Delivery::poll_timeout);
        let case = self.case.as_ref().and_then(Case::poll_timeout);
        let inquiry = self.inquiry.map(|inquiry| inquiry.since + ANSWER_DUE);
        messages.chain(case).chain(inquiry).chain(self.requests.poll_timeout()).min()
    }

    /// What the caller is to hear of replies that did not come.
    pub(crate) fn handle_timeout(&mut self, now: CallTime) -> Vec<Prompt> {
        self.outputs.extend(self.requests.handle_timeout(now));
        let case = self.case.as_mut().and_then(|case| case.handle_timeout(now));
        let messages = self.messages.iter_mut().filter_map(|delivery| delivery.handle_timeout(now));
        case.into_iter().chain(messages).collect()
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn ask(&mut self, request: OfficeRequest, now: CallTime) -> RequestId {
        let (id, output) = self.requests.ask(request, now);
        self.outputs.push_back(output);
        id
    }
}

impl Delivery {
    fn reply(&mut self, reply: &OfficeReply) -> Option<Prompt> {
        if let (OfficeReply::MessageSaved { message }, Standing::Awaited { .. } | Standing::Failed) =
            (reply, self.standing)
        {
            self.standing = Standing::Kept(*message);
            let until = self.by.take().map(|by| Prompt::MessagePassedOnUntil { by });
            return Some(until.unwrap_or(Prompt::MessagePassedOn));
        }
        if let (OfficeReply::Unavailable, Standing::Awaited { .. }) = (reply, self.standing) {
            self.standing = Standing::Failed;
            return Some(Prompt::MessageNotSaved);
        }
        None
    }

    fn poll_timeout(&self) -> Option<CallTime> {
        match self.standing {
            Standing::Awaited { since } => Some(since + SAVED_DUE),
            Standing::Failed | Standing::Kept(_) => None,
        }
    }

    fn handle_timeout(&mut self, now: CallTime) -> Option<Prompt> {
        self.poll_timeout().filter(|at| *at <= now)?;
        self.standing = Standing::Failed;
        Some(Prompt::MessageNotSaved)
    }
}
