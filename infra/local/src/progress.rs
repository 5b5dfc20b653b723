//! How far something long is: a spinner on a terminal, a line every few seconds without one.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::say;

/// Between two lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(5);

/// Done, and of how many.
type Count = Arc<Mutex<Option<(usize, usize)>>>;

/// Something long under way; it is over when this is dropped.
pub(crate) struct Progress {
    message: String,
    bar: ProgressBar,
    count: Count,
    lines: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to tell.
    pub(crate) fn start(message: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(message.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}（{elapsed}）") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        let count = Count::default();
        let lines = bar.is_hidden().then(|| lines(message.to_owned(), Arc::clone(&count), PAUSE, say));
        Self { message: message.to_owned(), bar, count, lines }
    }

    /// That `done` of `total` are done.
    pub(crate) fn at(&self, done: usize, total: usize) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) = Some((done, total));
        self.bar.set_message(worded(&self.message, Some((done, total))));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some((stop, lines)) = self.lines.take() {
            drop(stop);
            let _ = lines.join();
        }
    }
}

fn worded(message: &str, count: Option<(usize, usize)>) -> String {
    count.map_or_else(|| message.to_owned(), |(done, total)| format!("{message} {done}/{total}"))
}

/// A line at the beginning, and one after every pause until the sender is dropped.
fn lines(message: String, count: Count, pause: Duration, tell: impl Fn(&str) + Send + 'static) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel();
    let began = Instant::now();
    tell(&format!("{message}……"));
    let thread = std::thread::spawn(move || {
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let count = *count.lock().unwrap_or_else(PoisonError::into_inner);
            tell(&format!("{}（已 {} 秒）", worded(&message, count), began.elapsed().as_secs()));
        }
    });
    (stop, thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_a_line_says_how_far_it_is_until_it_is_over() {
        let (told, count) = (Arc::new(Mutex::new(Vec::new())), Count::default());
        let heard = Arc::clone(&told);
        let tell = move |line: &str| heard.lock().expect("heard").push(line.to_owned());
        let (stop, thread) = lines("取回证书".to_owned(), Arc::clone(&count), Duration::from_millis(20), tell);
        *count.lock().expect("counted") = Some((120, 1000));
        while told.lock().expect("told").len() < 3 {
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(stop);
        thread.join().expect("over");
        let told = told.lock().expect("told").clone();
        assert_eq!(told[0], "取回证书……");
        assert!(told.contains(&"取回证书 120/1000（已 0 秒）".to_owned()), "{told:?}");
    }
}
