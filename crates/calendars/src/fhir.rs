pub struct FhirCalendar; pub struct FhirConfig; pub struct FhirInbox; pub struct InboxConfig; pub struct OutsideMessage;
