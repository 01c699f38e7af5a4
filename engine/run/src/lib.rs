//! The engine: compile an app, send chunks and ticks, take outputs, save, load; pinned workers around it.
