//! Headless Chromium, driven by ChromeDriver.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const WAIT_MAX: Duration = Duration::from_secs(60);

/// ChromeDriver and one browser under it.
pub struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
}

impl Browser {
    /// Starts both; `more` arguments are the browser's.
    pub async fn start(profile: &Path, more: &[String]) -> Self {
        let mut driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let said = "started successfully on port ";
        let port = lines.map(Result::unwrap).find_map(|line| {
            let rest = line.split_once(said)?.1;
            Some(rest.trim_end_matches('.').to_owned())
        });
        let driver_url = format!("http://127.0.0.1:{}", port.expect("chromedriver tells its port"));
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ]
        .into_iter()
        .chain(more.iter().cloned())
        .collect::<Vec<_>>();
        let wanted = json!({"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {
            "args": arguments, "binary": "/usr/bin/chromium"}}}});
        let client = reqwest::Client::new();
        let answer = post(&client, &format!("{driver_url}/session"), &wanted).await;
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        Self { driver, session: format!("{driver_url}/session/{id}"), client }
    }

    pub async fn open(&self, url: &str) {
        post(&self.client, &format!("{}/url", self.session), &json!({"url": url})).await;
    }

    /// Types into the field that the selector finds.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        post(&self.client, &format!("{}/element/{field}/value", self.session), &json!({"text": text})).await;
    }

    /// Clicks what the selector finds, as a person does.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        let answer = post(&self.client, &format!("{}/element/{element}/click", self.session), &json!({})).await;
        assert!(answer["value"].is_null(), "{selector} cannot be clicked: {answer}");
    }

    async fn find(&self, selector: &str) -> String {
        let by = json!({"using": "css selector", "value": selector});
        let found = post(&self.client, &format!("{}/element", self.session), &by).await;
        let id = found["value"].as_object().and_then(|element| element.values().next()).and_then(Value::as_str);
        id.filter(|_| found["value"]["error"].is_null()).unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    /// Gives the browser a cookie of the present page's host.
    pub async fn set_cookie(&self, name: &str, value: &str, path: &str) {
        let cookie = json!({"cookie": {"name": name, "value": value, "path": path}});
        let answer = post(&self.client, &format!("{}/cookie", self.session), &cookie).await;
        assert!(answer["value"].is_null(), "no cookie: {answer}");
    }

    /// What a person reads.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    pub async fn run(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        post(&self.client, &format!("{}/execute/sync", self.session), &body).await["value"].clone()
    }

    /// Waits until the script gives true.
    pub async fn wait_for(&self, script: &str) {
        let began = Instant::now();
        while self.run(script).await != json!(true) {
            let page = self.run("return document.body.innerText").await;
            assert!(began.elapsed() < WAIT_MAX, "never true: {script}\nthe page says: {page}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Drop for Browser {
    /// The browser ends with its session; a driver that is killed leaves it behind.
    fn drop(&mut self) {
        let ended = Command::new("curl").args(["-s", "-o", "/dev/null", "-X", "DELETE", &self.session]).status();
        assert!(std::thread::panicking() || ended.is_ok_and(|status| status.success()), "the browser was not closed");
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

async fn post(client: &reqwest::Client, url: &str, body: &Value) -> Value {
    client.post(url).json(body).send().await.unwrap().json().await.unwrap()
}
