use super::*;

pub(super) async fn places(State(inner): Shared, headers: HeaderMap, Form(form): Form<Map<String, Value>>) -> Answer {
    is_ours(&headers)?;
    let told = match form.get("Twiml") {
        Some(twiml) => Told::Here(Script::of(Dialect::Twilio, twiml.as_str().unwrap())),
        None => Told::At { dialect: Dialect::Twilio, url: form["Url"].as_str().unwrap().to_owned(), ended: None },
    };
    inner.lock().unwrap().asked.push(("place".to_owned(), form));
    let sid = place(&inner, told).await?;
    Ok(Json(json!({ "sid": sid, "status": "queued", "account_sid": ACCOUNT, "direction": "outbound-api" })))
}

pub(super) async fn looks(State(inner): Shared, headers: HeaderMap, Path((_, call)): Path<(String, String)>) -> Answer {
    is_ours(&headers)?;
    let inner = inner.lock().unwrap();
    let sid = call.strip_suffix(".json").ok_or(StatusCode::NOT_FOUND)?;
    let status = &inner.calls.get(sid).ok_or(StatusCode::NOT_FOUND)?.status;
    Ok(Json(json!({ "sid": sid, "status": status, "account_sid": ACCOUNT })))
}

pub(super) async fn lists(
    State(inner): Shared,
    headers: HeaderMap,
    Query(query): Query<BTreeMap<String, String>>,
) -> Answer {
    is_ours(&headers)?;
    let child = format!("{}-child", query["ParentCallSid"]);
    let inner = inner.lock().unwrap();
    let calls: Vec<_> = inner
        .calls
        .get(&child)
        .iter()
        .map(|call| json!({ "sid": child, "parent_call_sid": query["ParentCallSid"], "status": call.status }))
        .collect();
    Ok(Json(json!({ "calls": calls, "page": 0, "page_size": 20 })))
}

pub(super) async fn changes(
    State(inner): Shared,
    headers: HeaderMap,
    Path((_, call)): Path<(String, String)>,
    Form(form): Form<Map<String, Value>>,
) -> Answer {
    is_ours(&headers)?;
    let sid = call.strip_suffix(".json").ok_or(StatusCode::NOT_FOUND)?;
    let field = |name: &str| form.get(name).and_then(Value::as_str).map(str::to_owned);
    let (status, twiml, url) = (field("Status"), field("Twiml"), field("Url"));
    inner.lock().unwrap().asked.push((format!("change {sid}"), form));
    match status.as_deref() {
        Some("completed") => end(&inner, sid).await?,
        Some(other) => {
            let mut inner = inner.lock().unwrap();
            let call = inner.calls.get_mut(sid).ok_or(StatusCode::NOT_FOUND)?;
            let may_be = call.status == "ringing" && other == "canceled";
            may_be.then(|| other.clone_into(&mut call.status)).ok_or(StatusCode::BAD_REQUEST)?;
        }
        None => change(&inner, sid, twiml.map_or_else(|| New::At(url.unwrap()), New::Here))?,
    }
    Ok(Json(json!({ "sid": sid, "status": status.as_deref().unwrap_or("in-progress") })))
}
