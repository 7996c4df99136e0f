use super::*;

pub(super) async fn places(State(inner): Shared, headers: HeaderMap, Json(order): Json<Map<String, Value>>) -> Answer {
    is_ours(&headers)?;
    let url = order["stream_url"].as_str().unwrap().to_owned();
    let shown = order["stream_auth_token"].as_str().unwrap().to_owned();
    inner.lock().unwrap().asked.push(("place".to_owned(), order));
    let script = Script { dialect: Dialect::Telnyx, url, shown: Some(shown), parameters: json!({}) };
    let sid = place(&inner, Told::Here(script)).await?;
    Ok(Json(json!({ "data": { "call_control_id": sid, "is_alive": false, "record_type": "call" } })))
}

pub(super) async fn looks(State(inner): Shared, headers: HeaderMap, Path(call): Path<String>) -> Answer {
    is_ours(&headers)?;
    let status = inner.lock().unwrap().calls.get(&call).ok_or(StatusCode::NOT_FOUND)?.status.clone();
    let over = (status == "completed").then_some("2019-01-23T18:11:52.574Z");
    Ok(Json(json!({ "data": { "call_control_id": call, "is_alive": over.is_none(), "end_time": over } })))
}

pub(super) async fn changes(
    State(inner): Shared,
    headers: HeaderMap,
    Path((owner, call)): Path<(String, String)>,
    Form(form): Form<Map<String, Value>>,
) -> Answer {
    is_ours(&headers)?;
    assert_eq!(owner, TELNYX_USER, "is the account of TeXML");
    let texml = form["Texml"].as_str().unwrap().to_owned();
    inner.lock().unwrap().asked.push((format!("change {call}"), form));
    change(&inner, &call, New::Here(texml))?;
    Ok(Json(json!({ "sid": call, "account_sid": owner, "status": "in-progress" })))
}

pub(super) async fn ends(State(inner): Shared, headers: HeaderMap, Path(call): Path<String>) -> Answer {
    is_ours(&headers)?;
    inner.lock().unwrap().asked.push((format!("end {call}"), Map::new()));
    end(&inner, &call).await?;
    Ok(Json(json!({ "data": { "result": "ok" } })))
}
