// What each command does.
//
// Contract: `run` carries a command out and says everything on the console, whose `finish` then has the
// code to exit with. Commands over many items go on after a failure.
// Concurrency: one thread; `serve` must be called before any other thread starts.
#pragma once

#include <stowage/cli/command_line.hpp>
#include <stowage/cli/console.hpp>

namespace stowage::cli {

void run(const create_command& what, console& con);
void run(const put_command& what, console& con);
void run(const get_command& what, console& con);
void run(const delete_command& what, console& con);
void run(const list_command& what, console& con);
void run(const stat_command& what, console& con);
void run(const txn_command& what, console& con);
void run(const import_command& what, console& con);
void run(const export_command& what, console& con);
void run(const verify_command& what, console& con);
void run(const salvage_command& what, console& con);
void run(const compact_command& what, console& con);
void run(const backup_command& what, console& con);
void run(const inspect_command& what, console& con);
void run(const map_command& what, console& con);
void run(const serve_command& what, console& con);
void run(const check_config_command& what, console& con);
void run(const text_command& what, console& con);

}  // namespace stowage::cli
