// Copyright (c) 2026 the t2s-rt authors. SPDX-License-Identifier: MIT (see LICENSE)
//
// Receive a singing face from a t2s-rt engine. C++17, the standard library alone: bytes in, a face out.
// Bring any WebSocket library; README.md shows one. Nothing here throws, and once the streams have come
// once nothing is allocated.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace t2s {

constexpr const char* kSubProtocol = "t2s.v1.msgpack";

/// One face. Streams that were not asked for are empty.
struct Frame {
  std::int64_t seq = 0;
  /// Audio time that the frame depicts, in samples of 48 kHz.
  std::int64_t pts_samples = 0;
  /// The server's clock when the newest sample behind the frame was captured, ns; 0 for none.
  std::int64_t captured_ns = 0;
  /// Position in the song, s; negative where none plays.
  float song_s = -1;
  std::vector<float> actions, arkit, flame;
  bool has_voice = false;
  float f0_hz = 0;
  bool voiced = false;
  float loudness_dbfs = 0;
  float voice = 0;
};

struct FlamePart {
  std::string name;
  int offset = 0;
  int size = 0;
};

/// The first message: names and order. Look positions up here, never count them.
struct Hello {
  int protocol = 0;
  std::string server;
  int sample_rate_hz = 48000;
  int frame_samples = 800;
  int look_ahead_samples = 0;
  std::vector<std::string> arkit, actions;
  std::string flame_basis;
  std::vector<FlamePart> flame_parts;

  /// Position of an ARKit weight such as jawOpen; -1 where there is none.
  int arkit_index(const std::string& name) const {
    const auto found = std::find(arkit.begin(), arkit.end(), name);
    return found == arkit.end() ? -1 : static_cast<int>(found - arkit.begin());
  }
};

struct Pong {
  std::int64_t client_ns = 0;
  std::int64_t server_ns = 0;
};

/// What a message was. Unknown ones are to be ignored; malformed ones end the connection.
enum class Kind { kHello, kFrame, kStatus, kPong, kError, kUnknown, kMalformed };

namespace detail {

/// MessagePack within the bounds of one message; after a fault everything reads as nothing.
class Cursor {
 public:
  Cursor(const void* data, std::size_t size)
      : at_(static_cast<const std::uint8_t*>(data)), end_(at_ + size) {}

  bool good() const { return good_; }
  bool ended() const { return at_ == end_; }
  std::uint8_t peek() { return need(1) ? *at_ : 0xc1; }

  bool nil() {
    if (peek() != 0xc0) return false;
    ++at_;
    return true;
  }

  std::size_t array() { return container(0x90, 0xdc); }
  std::size_t map() { return container(0x80, 0xde); }

  std::int64_t integer() {
    const std::uint8_t tag = byte();
    if (tag < 0x80) return tag;
    if (tag >= 0xcc && tag <= 0xcf) return static_cast<std::int64_t>(big(1u << (tag - 0xcc)));
    return fail();
  }

  float single() {
    if (byte() != 0xca) return static_cast<float>(fail());
    const std::uint32_t bits = static_cast<std::uint32_t>(big(4));
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }

  bool boolean() {
    const std::uint8_t tag = byte();
    if (tag != 0xc2 && tag != 0xc3) fail();
    return tag == 0xc3;
  }

  std::string text() {
    const std::uint8_t tag = byte();
    std::size_t size = 0;
    if ((tag & 0xe0) == 0xa0) size = tag & 0x1f;
    else if (tag >= 0xd9 && tag <= 0xdb) size = big(1u << (tag - 0xd9));
    else fail();
    const std::uint8_t* from = take(size);
    return from ? std::string(reinterpret_cast<const char*>(from), size) : std::string();
  }

  /// A stream: bin of little-endian float32, or nil for empty.
  void floats(std::vector<float>& values) {
    if (nil()) return values.clear();
    const std::uint8_t tag = byte();
    if (tag < 0xc4 || tag > 0xc6) return void(fail());
    const std::size_t size = big(1u << (tag - 0xc4));
    const std::uint8_t* from = take(size);
    if (!from || size % 4) return void(fail());
    values.resize(size / 4);
    for (std::size_t i = 0; i < values.size(); ++i, from += 4) {
      const std::uint32_t bits = from[0] | from[1] << 8 | from[2] << 16 | std::uint32_t(from[3]) << 24;
      std::memcpy(&values[i], &bits, 4);
    }
  }

  /// Pass over one value of any type.
  void skip(int depth = 0) {
    const std::uint8_t tag = byte();
    if (depth > 16) return void(fail());
    if (tag < 0x80 || tag >= 0xe0) return;
    if ((tag & 0xf0) == 0x80) return skip_all(2 * (tag & 15), depth);
    if ((tag & 0xf0) == 0x90) return skip_all(tag & 15, depth);
    if ((tag & 0xe0) == 0xa0) return void(take(tag & 31));
    if (tag == 0xc0 || tag == 0xc2 || tag == 0xc3) return;
    if (tag >= 0xc4 && tag <= 0xc6) return void(take(big(1u << (tag - 0xc4))));
    if (tag == 0xca || tag == 0xcb) return void(take(tag == 0xca ? 4 : 8));
    if (tag >= 0xcc && tag <= 0xd3) return void(take(1u << ((tag - 0xcc) & 3)));
    if (tag >= 0xd9 && tag <= 0xdb) return void(take(big(1u << (tag - 0xd9))));
    if (tag == 0xdc || tag == 0xdd) return skip_all(big(2u << (tag - 0xdc)), depth);
    if (tag == 0xde || tag == 0xdf) return skip_all(2 * big(2u << (tag - 0xde)), depth);
    fail();
  }

  std::int64_t fail() {
    good_ = false;
    at_ = end_;
    return 0;
  }

 private:
  bool need(std::size_t size) {
    if (size <= static_cast<std::size_t>(end_ - at_)) return true;
    fail();
    return false;
  }
  const std::uint8_t* take(std::size_t size) {
    if (!need(size)) return nullptr;
    at_ += size;
    return at_ - size;
  }
  std::uint8_t byte() { return need(1) ? *at_++ : 0xc1; }
  std::uint64_t big(std::size_t size) {
    if (!need(size)) return 0;
    std::uint64_t value = 0;
    while (size--) value = value << 8 | *at_++;
    return value;
  }
  std::size_t container(std::uint8_t fix, std::uint8_t tag16) {
    const std::uint8_t tag = byte();
    std::size_t count = 0;
    if ((tag & 0xf0) == fix) count = tag & 15;
    else if (tag == tag16 || tag == tag16 + 1) count = big(2u << (tag - tag16));
    else fail();
    if (count > static_cast<std::size_t>(end_ - at_)) fail();
    return good_ ? count : 0;
  }
  void skip_all(std::uint64_t count, int depth) {
    while (good_ && count--) skip(depth + 1);
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool good_ = true;
};

}  // namespace detail

/// Reads a server's messages into values that are used again.
class Reader {
 public:
  Frame frame;
  Hello hello;
  Pong pong;
  /// Of the last error.
  std::string error_code, error_message;

  Kind read(const void* data, std::size_t size) {
    detail::Cursor in(data, size);
    const std::uint8_t tag = in.peek();
    const bool array = (tag & 0xf0) == 0x90 || tag == 0xdc || tag == 0xdd;
    const Kind kind = array ? read_array(in) : read_map(in, data, size);
    return in.good() && in.ended() ? kind : Kind::kMalformed;
  }

 private:
  Kind read_array(detail::Cursor& in) {
    std::size_t places = in.array();
    const bool is_frame = in.text() == "frame";
    if (!is_frame || places < 9) {
      while (in.good() && --places > 0) in.skip();
      return is_frame ? Kind::kMalformed : Kind::kUnknown;
    }
    frame.seq = in.integer();
    frame.pts_samples = in.integer();
    frame.captured_ns = in.integer();
    frame.song_s = in.single();
    in.floats(frame.actions);
    in.floats(frame.arkit);
    in.floats(frame.flame);
    frame.has_voice = !in.nil();
    if (frame.has_voice) read_voice(in);
    for (; in.good() && places > 9; --places) in.skip();
    return Kind::kFrame;
  }

  void read_voice(detail::Cursor& in) {
    std::size_t fields = in.array();
    if (fields < 4) return void(in.fail());
    frame.f0_hz = in.single();
    frame.voiced = in.boolean();
    frame.loudness_dbfs = in.single();
    frame.voice = in.single();
    for (; in.good() && fields > 4; --fields) in.skip();
  }

  /// The type may stand anywhere in a map, so it is looked for first.
  Kind read_map(detail::Cursor& in, const void* data, std::size_t size) {
    std::string type;
    detail::Cursor look(data, size);
    for (std::size_t left = look.map(); look.good() && left; --left) {
      if (look.text() == "type") type = look.text();
      else look.skip();
    }
    const bool greeting = type == "hello", answer = type == "pong", refusal = type == "error";
    if (greeting) hello = Hello();
    for (std::size_t left = in.map(); in.good() && left; --left) {
      const std::string key = in.text();
      if (greeting) read_hello(in, key);
      else if (answer && key == "client_ns") pong.client_ns = in.integer();
      else if (answer && key == "server_ns") pong.server_ns = in.integer();
      else if (refusal && key == "code") error_code = in.text();
      else if (refusal && key == "message") error_message = in.text();
      else in.skip();
    }
    return greeting ? Kind::kHello
           : answer ? Kind::kPong
           : refusal ? Kind::kError
           : type == "status" ? Kind::kStatus
                              : Kind::kUnknown;
  }

  void read_hello(detail::Cursor& in, const std::string& key) {
    if (key == "protocol") hello.protocol = static_cast<int>(in.integer());
    else if (key == "server") hello.server = in.text();
    else if (key == "sample_rate_hz") hello.sample_rate_hz = static_cast<int>(in.integer());
    else if (key == "frame_samples") hello.frame_samples = static_cast<int>(in.integer());
    else if (key == "look_ahead_samples") hello.look_ahead_samples = static_cast<int>(in.integer());
    else if (key == "arkit") read_names(in, hello.arkit);
    else if (key == "actions") read_actions(in);
    else if (key == "flame") read_flame(in);
    else in.skip();
  }

  static void read_names(detail::Cursor& in, std::vector<std::string>& names) {
    for (std::size_t left = in.array(); in.good() && left; --left) names.push_back(in.text());
  }

  void read_actions(detail::Cursor& in) {
    for (std::size_t left = in.array(); in.good() && left; --left)
      for (std::size_t keys = in.map(); in.good() && keys; --keys) {
        if (in.text() == "name") hello.actions.push_back(in.text());
        else in.skip();
      }
  }

  void read_flame(detail::Cursor& in) {
    for (std::size_t keys = in.map(); in.good() && keys; --keys) {
      const std::string key = in.text();
      if (key == "basis") hello.flame_basis = in.text();
      else if (key == "parts")
        for (std::size_t left = in.array(); in.good() && left; --left) hello.flame_parts.push_back(read_part(in));
      else in.skip();
    }
  }

  static FlamePart read_part(detail::Cursor& in) {
    FlamePart part;
    for (std::size_t keys = in.map(); in.good() && keys; --keys) {
      const std::string key = in.text();
      if (key == "name") part.name = in.text();
      else if (key == "offset") part.offset = static_cast<int>(in.integer());
      else if (key == "size") part.size = static_cast<int>(in.integer());
      else in.skip();
    }
    return part;
  }
};

/// Writes a client's messages; send each as one binary WebSocket message.
class Writer {
 public:
  using Bytes = std::vector<std::uint8_t>;

  /// Which frames to send from now on. With a window, acknowledge each.
  const Bytes& subscribe(const std::vector<std::string>& streams, int rate_hz = 60, int window = 0) {
    begin(window > 0 ? 4 : 3, "subscribe");
    text("streams");
    bytes_.push_back(static_cast<std::uint8_t>(0x90 | streams.size()));
    for (const std::string& stream : streams) text(stream);
    text("rate_hz");
    integer(rate_hz);
    if (window > 0) {
      text("window");
      integer(window);
    }
    return bytes_;
  }
  const Bytes& ack(std::int64_t seq) { return one("ack", "seq", seq); }
  /// Ask for the server's clock.
  const Bytes& ping(std::int64_t client_ns) { return one("ping", "client_ns", client_ns); }

 private:
  const Bytes& one(const char* type, const char* key, std::int64_t value) {
    begin(2, type);
    text(key);
    integer(value);
    return bytes_;
  }
  void begin(int pairs, const char* type) {
    bytes_.clear();
    bytes_.push_back(static_cast<std::uint8_t>(0x80 | pairs));
    text("type");
    text(type);
  }
  /// At most 31 bytes: all that this protocol's keys need.
  void text(const std::string& value) {
    bytes_.push_back(static_cast<std::uint8_t>(0xa0 | value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  void integer(std::int64_t value) {
    if (value < 0x80) return bytes_.push_back(static_cast<std::uint8_t>(value));
    const int form = value < 0x100 ? 0 : value < 0x10000 ? 1 : value < 0x100000000 ? 2 : 3;
    bytes_.push_back(static_cast<std::uint8_t>(0xcc + form));
    for (int shift = 8 * ((1 << form) - 1); shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
  }

  Bytes bytes_;
};

/// The server's monotonic clock, from pings: the quickest answer of late is the most exact.
class ServerClock {
 public:
  void answer(const Pong& pong, std::int64_t now_ns) {
    const std::int64_t round_trip_ns = now_ns - pong.client_ns;
    answers_[count_++ % answers_.size()] = {round_trip_ns, pong.server_ns - (pong.client_ns + round_trip_ns / 2)};
  }
  bool known() const { return count_ > 0; }
  /// Server's clock minus ours, ns.
  std::int64_t offset_ns() const {
    const auto end = answers_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, answers_.size()));
    return known() ? std::min_element(answers_.begin(), end)->second : 0;
  }

 private:
  std::array<std::pair<std::int64_t, std::int64_t>, 12> answers_{};
  std::size_t count_ = 0;
};

/// Turns frames that arrive unevenly into a face for each picture: the moment one frame before the newest,
/// moving on evenly between the last two. At most one frame (16.7 ms) is added.
class Playback {
 public:
  explicit Playback(int sample_rate_hz = 48000, int frame_samples = 800)
      : per_sample_ms_(1000.0 / sample_rate_hz), frame_ms_(frame_samples * per_sample_ms_) {}

  const Frame& newest() const { return newer_; }

  /// Take in a frame; one that is older than the newest starts the stream over.
  void push(const Frame& frame, double arrived_ms) {
    const double late_ms = arrived_ms - frame.pts_samples * per_sample_ms_;
    if (count_ == 0 || frame.seq <= newer_.seq || std::fabs(late_ms - transit_ms_) > kRestartMs) count_ = 0;
    std::swap(older_, newer_);
    newer_ = frame;
    ++count_;
    transit_ms_ += std::max(kFollow, 1.0 / count_) * (late_ms - transit_ms_);
  }

  /// Fill `shown` with what to show now; false before the first frame.
  bool sample(double now_ms, Frame& shown) const {
    if (count_ == 0) return false;
    shown = newer_;
    if (count_ == 1) return true;
    const double newest_ms = newer_.pts_samples * per_sample_ms_;
    const double even_ms = now_ms - transit_ms_ - frame_ms_;
    const double shown_ms = std::min(std::max(even_ms, newest_ms - frame_ms_), newest_ms);
    const double span_ms = newest_ms - older_.pts_samples * per_sample_ms_;
    const double share = span_ms > 0 ? std::max(0.0, 1 - (newest_ms - shown_ms) / span_ms) : 1;
    shown.pts_samples = std::llround(shown_ms / per_sample_ms_);
    if (older_.song_s >= 0 && newer_.song_s >= 0) shown.song_s = blend(older_.song_s, newer_.song_s, share);
    blend(older_.actions, shown.actions, share);
    blend(older_.arkit, shown.arkit, share);
    blend(older_.flame, shown.flame, share);
    return true;
  }

 private:
  /// A jump of the stream's clock this large means that it started over.
  static constexpr double kRestartMs = 300;
  /// How fast the mean transit time is followed, a share per frame: half a second.
  static constexpr double kFollow = 0.03;

  static float blend(float from, float to, double share) { return static_cast<float>(from + share * (to - from)); }
  static void blend(const std::vector<float>& from, std::vector<float>& values, double share) {
    if (from.size() != values.size()) return;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = blend(from[i], values[i], share);
  }

  double per_sample_ms_, frame_ms_;
  Frame older_, newer_;
  std::int64_t count_ = 0;
  double transit_ms_ = 0;
};

}  // namespace t2s
