//! The riddhi command line.

fn main() -> std::process::ExitCode {
    riddhi_cli::main()
}
