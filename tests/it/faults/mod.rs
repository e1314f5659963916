//! Faults, each with what must happen. The number is the fault's place in the project's catalogue; tests without a room in front stand in this
//! folder, the others beside the code or in a file of that name.
//!
//! | no. | fault | what must happen | tests |
//! | --- | --- | --- | --- |
//! | 1 | A host name without address | its trials fail `cannot_resolve` within the connect timeout, after their retries; others go on | `way::a_host_without_address_and_a_port_without_listener_stop_nobody_else`, `provider::client_tests::the_way_to_the_server_fails_in_known_ways` |
//! | 2 | Connection refused | the same; on this computer it asks whether the server is running | as 1 |
//! | 3 | A certificate of an unknown authority, out of date, for another host | final, names the fault; nothing was sent, so no key | `tls::a_certificate_that_cannot_be_trusted_is_final_names_its_fault_and_costs_no_key` |
//! | 4 | A proxy's 407 | says that the proxy asks for a login; its password and the key are nowhere | `way::a_proxy_that_asks_for_a_login_is_said_and_told_nothing` |
//! | 5 | 301, 302, 303, 307, 308 to another host | not followed: the other server hears nothing | `way::no_redirect_is_followed_and_the_key_stays` |
//! | 6 | Plain http to another computer | refused before it is saved; allowed only by a choice that shows a badge | `way::plain_http_to_another_computer_is_refused_before_anything_is_stored`, `domain::connection`, `ui::connections` |
//! | 7 | 401, 403, echoing the key | final, once, the key nowhere | `way::a_refused_key_is_final_and_repeated_by_nobody`, `cli_run::one_wrong_key_among_three_targets_exits_with_2` |
//! | 8 | 429 with `Retry-After` of every kind | 2 s, milliseconds, a date by the server's clock and up to an hour are waited for; longer ends the trial and says so; what cannot be right is not believed | `refusals::a_server_that_says_how_long_to_wait_is_believed_if_it_can_be`, `provider::retry_after` |
//! | 9 | 429 with a spent quota | final | `refusals::a_spent_quota_is_final`, `provider::classify` |
//! | 10 | 500, 502, 503, 529 with a page | so many retries as the run allows, with jitter; the page is kept as text, at most 4 KiB | `refusals::a_failing_server_is_tried_again_and_its_page_is_kept_as_text`, `refusals::waits_without_a_wish_of_the_server_are_spread` |
//! | 11 | All workers fail at once | the waits are spread; a breaker opens and retries are rationed | `refusals::waits_without_a_wish_of_the_server_are_spread`, `runner::tests::storm`, `runner::tests::pacing` |
//! | 12 | Slow headers | counted in TTFT; a cancel does not wait for them | `way::a_server_that_is_slow_to_begin_is_waited_for_and_left_at_once`, `provider::timing_tests` |
//! | 13 | A stall in the stream | `idle_timeout`, text kept, cost estimated | `streams::a_stall_keeps_the_text_and_estimates_the_cost` |
//! | 14 | An endless drip; an endless flood | ends with the attempt's time; past 8 MiB of text `too_large`, text kept, connection dropped; memory stays within what is kept | `streams::an_endless_drip_ends_with_the_attempts_time`, `streams::past_a_cap_the_text_is_kept_and_the_connection_dropped`, `streams::no_flood_and_no_bomb_takes_more_memory_than_what_is_kept` |
//! | 15 | An endless line; an event without end; 10⁶ empty events; 10⁶ comments | past 512 KiB an event `too_large`; the others are read in passing | as 14, `streams::a_million_empty_events_and_comments_are_read_in_passing`, `provider::sse_tests::a_long_line_costs_linear_time` |
//! | 16 | CR, LF, CRLF, a byte order mark, cuts anywhere | the same text | `streams::the_same_bytes_are_the_same_answer_however_they_are_cut`, `provider::sse_tests` (every split), the fuzzer `stream` |
//! | 17 | Bytes that are no UTF-8 | one U+FFFD, a warning, the stream goes on | `streams::bytes_that_are_no_text_become_one_mark_and_the_stream_goes_on` |
//! | 18 | Broken JSON in an event, unknown events and fields, no choices, null content, numbers as text | skipped and counted in a warning | `streams::odd_events_are_skipped_and_counted` |
//! | 19 | An error after text | failed `stream_error`, text kept | `streams::an_error_after_text_is_a_failed_trial_that_keeps_it` |
//! | 20 | No end mark, a wrong length, a cut chunk, a half-closed or reset connection | failed `truncated`, text kept; never a success, never sent again | `streams::what_breaks_off_is_no_success`, `streams::broken_streams_stop_no_other_trial_and_are_exported_as_failed`, `way::a_connection_that_breaks_before_the_answer_fails_and_is_not_paid_for_twice` |
//! | 21 | A login page, JSON for a stream, a stream for JSON | told for what it is; an answer in the other form is an answer with a warning | `streams::an_answer_of_the_wrong_kind_is_told_for_what_it_is` |
//! | 22 | Token counts missing, 0, negative, 2⁶³, repeated, too few for the text | estimated and marked, or warned of; no cost is negative or of nothing | `answers::token_counts_that_cannot_be_are_estimated_and_said`, `answers::counts_on_every_chunk_are_counted_once_and_the_last_holds`, `answers::fewer_tokens_than_the_text_can_have_are_said` |
//! | 23 | gzip, zstd and br bombs | `too_large` by unpacked bytes, memory flat | `streams::no_flood_and_no_bomb_takes_more_memory_than_what_is_kept`, `provider::fault_tests::a_compressed_bomb_is_dropped_at_the_cap` |
//! | 24 | A model that is not there, or another that answers | final, with the nearest names; another model is a warning | `refusals::a_model_that_is_not_there_is_final_and_names_itself`, `answers::another_model_than_the_one_asked_for_is_said`, `provider::check_tests::a_missing_model_gets_the_nearest_names` |
//! | 25 | HTTP/2 GOAWAY and REFUSED_STREAM among 16 streams | each judged alone, each counted once | `tls::streams_that_an_http_2_server_takes_back_are_judged_one_by_one` |
//! | 26 | Events twice or out of order, several answers in one, tool calls interleaved | whole where that can be, else a warning | `answers::an_answer_whose_events_come_in_another_order_is_whole`, `answers::of_several_answers_in_one_stream_the_first_is_kept_and_that_is_said`, `answers::tool_calls_that_come_interleaved_are_put_together_by_index` |
//! | 27, 28 | Bidi, zero width, ANSI, 10⁵ combining marks; image beacons, `file:`, UNC, `data:`, `javascript:` | made visible, nothing fetched, nothing read, no frame held up | `hostile` in `tests/ui`, `ui::widgets::visible_text`, `cli::terminal_text` |
//! | 46 | kill -9 at any moment, also of a migration | every acknowledged trial is there, the archive is sound, nothing stored is sent again | `kill_loop`, `kill_migration` |
//! | 50 | The clock jumps a day, an hour, to 1970 | measured times stay right, the history keeps its order, a certificate out of date names the clock | `clocks::a_clock_that_jumps_moves_no_measured_time`, `tls::a_certificate_that_cannot_be_trusted_is_final_names_its_fault_and_costs_no_key` |
//! | 51 | Suspended in a stream | the attempt ends or goes on, and is left out of the figures, visibly; no burst of retries after | `runner::tests::conditions`, `store::tests::history_tests::a_trial_that_the_computer_slept_in_is_in_no_percentile` |
//! | 54 | Cancel in every state; quit during a run | within a second, exact, nothing left set aside, can be taken up again | `steering::a_cancel_in_every_state_is_quick_exact_and_can_be_taken_up_again`, `steering::a_cancel_while_the_connection_is_made_is_quick`, `runner::tests::steering` (saving), `cli_resume::ctrl_c_stores_what_is_in_flight_as_cancelled`, `cli_resume::ending_the_program_or_closing_its_terminal_stores_what_is_in_flight`, `backend::closing_leaves_a_live_run_unfinished_and_the_next_start_offers_it` |
//! | 56 | 16 at once under a cap for three | three; what is released is used | `money::sixteen_at_once_with_room_for_three_are_three`, `money::what_does_not_fit_any_more_is_not_sent`, `runner::tests::money` |
//! | 57 | Prices missing, changed meanwhile, 0, negative | refused under a cap; a run keeps its prices; nothing is a price; less is none | `money::a_price_that_changes_during_a_run_changes_no_cost_of_it`, `money::a_price_of_nothing_is_a_price_and_less_than_nothing_is_none` |

mod answers;
#[cfg(target_os = "linux")]
mod clocks;
mod money;
mod refusals;
mod rig;
mod steering;
mod streams;
mod table;
mod tls;
mod way;
