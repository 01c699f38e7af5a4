//! A data path that does nothing but what a test asks of it.

use std::io;

use riddhi_node::{DataPath, Epoch, Line, Position};

type Does = Box<dyn Fn() + Send + Sync>;

pub struct Still {
    pub serve: Does,
    pub stop_serving: Does,
    pub append_state: Does,
}

impl Default for Still {
    fn default() -> Still {
        Still { serve: Box::new(|| ()), stop_serving: Box::new(|| ()), append_state: Box::new(|| ()) }
    }
}

impl DataPath for Still {
    fn begin(&self, _: Epoch, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn record(&self, _: Position, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn append_state(&self) {
        (self.append_state)();
    }

    fn take_over(&self, _: Epoch) -> Result<(), String> {
        Ok(())
    }

    fn serve(&self) {
        (self.serve)();
    }

    fn stop_serving(&self) {
        (self.stop_serving)();
    }

    fn step_down(&self) {}

    fn say(&self, _: &Line) {}

    fn note(&self, _: &str) {}
}
