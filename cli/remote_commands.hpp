// The commands that take --connect, asked of the server.
//
// Contract: as the commands on a file, for the facts that are the same. Complaints begin with the address.
// Concurrency: one thread.
#pragma once

#include <stowage/cli/command_line.hpp>
#include <stowage/cli/console.hpp>

namespace stowage::cli {

void run_remote(const stat_command& what, const server_address& where, console& con);
void run_remote(const verify_command& what, const server_address& where, console& con);
void run_remote(const compact_command& what, const server_address& where, console& con);
void run_remote(const backup_command& what, const server_address& where, console& con);

}  // namespace stowage::cli
