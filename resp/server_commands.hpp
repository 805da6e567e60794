// Commands about the server and the store as a whole.
//
// Contract: those with a handler ask the store and call it exactly once, later.
// Concurrency: that of the host.
// Limits: KEYS and SCAN see names page by page: one that is there all the time is seen, others may be.
#pragma once

#include <stowage/resp/arguments.hpp>
#include <stowage/resp/session_host.hpp>

namespace stowage::resp {

void run_dbsize(session_host& host, reply_handler done);
void run_flush(session_host& host, const arguments& args, reply_handler done);
void run_info(session_host& host, const arguments& args, reply_handler done);
void run_keys(session_host& host, const arguments& args, reply_handler done);
void run_scan(session_host& host, const arguments& args, reply_handler done);
void run_randomkey(session_host& host, reply_handler done);
void run_waitaof(session_host& host, const arguments& args, reply_handler done);
void run_stowage(session_host& host, const arguments& args, reply_handler done);

[[nodiscard]] reply run_command(const arguments& args);
[[nodiscard]] reply run_config(session_host& host, const arguments& args);
[[nodiscard]] reply run_function(const arguments& args);
[[nodiscard]] reply run_time(session_host& host);

}  // namespace stowage::resp
