use super::*;

pub(super) async fn places(
    State(inner): Shared,
    headers: HeaderMap,
    Json(order): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    is_ours(&headers)?;
    let field = |name: &str| order[name].as_str().unwrap().to_owned();
    assert_eq!((field("answer_method"), field("hangup_method")), ("GET".to_owned(), "POST".to_owned()));
    let told = Told::At { dialect: Dialect::Plivo, url: field("answer_url"), ended: Some(field("hangup_url")) };
    inner.lock().unwrap().asked.push(("place".to_owned(), order));
    let sid = place(&inner, told).await?;
    Ok((StatusCode::CREATED, Json(json!({ "message": "call fired", "request_uuid": sid, "api_id": "97ce" }))))
}

pub(super) async fn changes(
    State(inner): Shared,
    headers: HeaderMap,
    Path((_, call)): Path<(String, String)>,
    Json(order): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    is_ours(&headers)?;
    let field = |name: &str| order[name].as_str().unwrap().to_owned();
    assert_eq!((field("legs"), field("aleg_method")), ("aleg".to_owned(), "GET".to_owned()));
    let url = field("aleg_url");
    inner.lock().unwrap().asked.push((format!("change {call}"), order));
    change(&inner, &call, New::At(url))?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "message": "call transferred", "call_uuids": [call], "api_id": "08c9" }))))
}

pub(super) async fn ends(
    State(inner): Shared,
    headers: HeaderMap,
    Path((_, call)): Path<(String, String)>,
) -> Result<StatusCode, StatusCode> {
    is_ours(&headers)?;
    inner.lock().unwrap().asked.push((format!("end {call}"), Map::new()));
    end(&inner, &call).await?;
    Ok(StatusCode::NO_CONTENT)
}
