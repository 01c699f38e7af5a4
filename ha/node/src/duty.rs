//! The thread that opens and closes ports. There is one: the second of two must not overtake the first.

use std::io;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Sender, bounded};
use riddhi_role::Event;

use crate::DataPath;
use crate::driver::Input;

/// What is done; gives what the machine is told then.
pub(crate) type Duty = Box<dyn FnOnce(&dyn DataPath) -> Option<Event> + Send>;

/// Duties that wait at most. The machine asks for the second when it has changed its mind about the first, a few times a second at most.
const DUTIES: usize = 1024;

/// Starts the thread. Duties go in and are done in order.
pub(crate) fn spawn(path: Arc<dyn DataPath>, to: Sender<Input>) -> io::Result<Sender<Duty>> {
    let (duties, from) = bounded::<Duty>(DUTIES);
    thread::Builder::new().name("riddhi-duty".into()).spawn(move || {
        for duty in from {
            if let Some(event) = duty(&*path) {
                let _ = to.send(Input::Done(event));
            }
        }
    })?;
    Ok(duties)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::still::Still;

    #[test]
    fn ports_are_closed_after_they_were_opened() {
        let done: Arc<Mutex<Vec<&str>>> = Arc::default();
        let (opens, closes) = (done.clone(), done.clone());
        // Opening ports takes its time.
        let serve = Box::new(move || {
            thread::sleep(Duration::from_millis(100));
            opens.lock().unwrap().push("serve");
        });
        let stop_serving = Box::new(move || closes.lock().unwrap().push("stop"));
        let (to, from) = bounded(8);
        let duties = spawn(Arc::new(Still { serve, stop_serving, ..Still::default() }), to).unwrap();
        let serve: Duty = Box::new(|path| {
            path.serve();
            None
        });
        let stop: Duty = Box::new(|path| {
            path.stop_serving();
            Some(Event::Drained { position: 7 })
        });
        duties.send(serve).unwrap();
        duties.send(stop).unwrap();
        let told = from.recv_timeout(Duration::from_secs(10));
        assert!(matches!(told, Ok(Input::Done(Event::Drained { position: 7 }))));
        assert_eq!(*done.lock().unwrap(), ["serve", "stop"]);
    }
}
