//! What the machine asks for, carried out in its order.

use std::sync::PoisonError;
use std::thread;

use riddhi_role::{Action, Event, Gate};

use super::{Driver, Input, now};
use crate::DataPath;
use crate::database::Request;
use crate::disk::keep;
use crate::duty::Duty;

impl Driver {
    pub(super) fn carry_out(&mut self, actions: Vec<Action>) -> Result<(), String> {
        let hello = self.role.hello();
        self.inlet.follow(hello.epoch, hello.active);
        *self.me.lock().unwrap_or_else(PoisonError::into_inner) = self.said();
        let mut then = Vec::new();
        for action in actions {
            then.extend(self.act(action)?);
        }
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = self.role.status(now());
        then.into_iter().try_for_each(|event| self.tell(event))
    }

    /// Carries out an action; gives its answer if it has one at once.
    fn act(&mut self, action: Action) -> Result<Option<Event>, String> {
        match action {
            Action::Read => self.ask(Request::Read),
            Action::Write { expected, row } => self.ask(Request::Write { expected, row }),
            Action::Send(message) => self.log.send(message),
            Action::HangUp => {
                if self.link.is_some() {
                    self.close_link();
                    return Ok(Some(Event::LinkDown));
                }
            }
            Action::Gate { serial, gate } => {
                let released = self.log.set_gate(gate);
                return Ok(Some(Event::Gated { serial, released }));
            }
            Action::Serve => self.on_duty(Box::new(|path| {
                path.serve();
                None
            }))?,
            Action::StopServing => {
                let log = self.log.clone();
                self.on_duty(Box::new(move |path| {
                    path.stop_serving();
                    Some(Event::Drained { position: log.position() })
                }))?;
            }
            Action::Seal => return Ok(Some(Event::Sealed { position: self.inlet.seal() })),
            Action::Unseal => self.unseal(),
            Action::TakeOver { epoch, after } => {
                self.log.take_over(epoch, after);
                self.aside(move |path| path.take_over(epoch).map(|()| Some(Event::TakenOver)));
            }
            Action::StepDown => {
                self.log.set_gate(Gate::Shut);
                self.path.step_down();
            }
            Action::Resync { incarnation: _, from } => {
                // What the peer has beyond of another epoch is in files, which are not cut off: it begins anew.
                let (line, end) = self.peer_ends;
                let from = from.filter(|from| line == self.log.epoch() || *from == end);
                if !self.log.resume(from) {
                    let (upbringing, number) = (self.upbringing.clone(), self.upbringing.ask());
                    let (log, link) = (self.log.clone(), self.links);
                    self.aside(move |path| {
                        upbringing.carry_out(number, link, &log, path);
                        Ok(None)
                    });
                }
            }
            Action::Persist(disk) => {
                keep(&self.folder, &disk)
                    .map_err(|e| format!("cannot keep the role in {}: {e}", self.folder.display()))?;
            }
            Action::Say(line) => self.path.say(&line),
        }
        Ok(None)
    }

    fn ask(&self, request: Request) {
        // The machine asks one at a time, so there is room; a thread that is gone answers by silence.
        let _ = self.database.try_send(request);
    }

    fn unseal(&mut self) {
        match (self.inlet.unseal(), &self.link) {
            (Ok(Some((epoch, position))), Some((_, used))) => {
                let incarnation = self.role.hello().from.incarnation;
                used.acknowledge(incarnation, epoch, position);
            }
            (Ok(_), _) => {}
            (Err(e), _) => {
                self.path.note(&format!("warning: the link to the other node: {e}"));
                if let Some((_, used)) = &self.link {
                    used.hang_up();
                }
            }
        }
    }

    fn on_duty(&self, duty: Duty) -> Result<(), String> {
        self.duties.try_send(duty).map_err(|_| "the apps do not open or close their ports".to_owned())
    }

    /// Does what may take long on a thread of its own, one after the other as far as it matters: the machine waits for answers.
    fn aside(&self, f: impl FnOnce(&dyn DataPath) -> Result<Option<Event>, String> + Send + 'static) {
        let (path, to) = (self.path.clone(), self.to.clone());
        let spawned = thread::Builder::new().name("riddhi-aside".into()).spawn(move || {
            let _ = match f(&*path) {
                Ok(Some(event)) => to.send(Input::Done(event)),
                Ok(None) => Ok(()),
                Err(why) => to.send(Input::Failed(why)),
            };
        });
        if let Err(e) = spawned {
            let _ = self.to.try_send(Input::Failed(format!("cannot start a thread: {e}")));
        }
    }
}
