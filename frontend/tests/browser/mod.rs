//! A headless Chromium, driven by the Chrome DevTools Protocol over two pipes: JSON messages that end with a zero byte.

use serde_json::{Value, json};
use std::{
    cell::RefCell,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    rc::Rc,
};
use tempfile::TempDir;

/// As Debian, Ubuntu and others call it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The shell hands its own two pipes on as descriptors 3 and 4, where the browser looks for them.
const AS_PIPES: &str = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";

/// A browser that is running.
pub(crate) struct Browser {
    wire: Rc<RefCell<Wire>>,
}

/// A page of it.
pub(crate) struct Page {
    wire: Rc<RefCell<Wire>>,
    session: String,
}

struct Wire {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    last: u64,
    /// What the page or the browser found wrong.
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one, if there is one.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&path)
            .flat_map(|folder| NAMES.map(|name| folder.join(name)))
            .find(|program| program.is_file())?;
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", AS_PIPES, "sh"]).arg(program);
        // Its own sandbox needs what containers mostly do not allow, and the only page that it opens is ours.
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]);
        command.args(["--hide-scrollbars", "--remote-debugging-pipe"]);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let wire = Wire { child, to, from, last: 0, complaints: Vec::new(), _profile: profile };
        Some(Self { wire: Rc::new(RefCell::new(wire)) })
    }

    /// Opens a page at this address.
    pub(crate) fn open(&self, url: &str) -> Page {
        let mut wire = self.wire.borrow_mut();
        let target = wire.call(None, "Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session =
            wire.call(None, "Target.attachToTarget", &attach)["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Runtime.enable", "Log.enable", "Page.enable"] {
            wire.call(Some(&session), domain, &json!({}));
        }
        wire.call(Some(&session), "Page.navigate", &json!({ "url": url }));
        Page { wire: self.wire.clone(), session }
    }
}

impl Page {
    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.wire.borrow_mut().call(Some(&self.session), method, parameters)
    }

    /// What an expression is, in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let answer =
            self.call("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
        answer["result"]["value"].clone()
    }

    /// Makes the window so large, in pixels of the page, and its user one who prefers these colours.
    pub(crate) fn look_like(&mut self, width: u32, height: u32, colours: &str) {
        let is_phone = width < 600;
        self.call("Emulation.setDeviceMetricsOverride", &json!({
            "width": width, "height": height, "deviceScaleFactor": if is_phone { 2 } else { 1 }, "mobile": is_phone,
        }));
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": colours }] });
        self.call("Emulation.setEmulatedMedia", &features);
    }

    /// Keeps a picture of the whole page, if somebody wants it.
    pub(crate) fn keep(&mut self, name: &str) {
        let shot =
            self.call("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
        let picture = shot["data"].as_str().unwrap();
        assert!(picture.len() > 10_000, "a blank page");
        if let Some(folder) = std::env::var_os("KEYWAY_SCREENSHOTS") {
            use base64::{Engine, engine::general_purpose::STANDARD};
            let path = Path::new(&folder).join(name).with_extension("png");
            fs::write(path, STANDARD.decode(picture).unwrap()).unwrap();
        }
    }

    /// Errors of scripts, and whatever the browser complained of, such as what a policy forbids.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        self.wire.borrow().complaints.clone()
    }
}

impl Wire {
    fn call(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser has gone");
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            let kinds = ["Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"];
            if kinds.iter().any(|kind| answer["method"] == *kind) {
                self.complaints.push(answer["params"].to_string());
            }
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
