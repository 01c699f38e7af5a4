//! The riddhi command line.

#[global_allocator]
static HEAP: riddhi_heap::Heap = riddhi_heap::Heap;

fn main() -> std::process::ExitCode {
    riddhi_cli::main()
}
