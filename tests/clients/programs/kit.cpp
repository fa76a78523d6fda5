// Runs the C++ kit. Prints what tests/clients/test_cpp.py reads.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>

#include "t2s_face.hpp"

static long allocations = 0;
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using Bytes = std::vector<std::uint8_t>;

static Bytes bytes_of(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

static void row(const std::vector<float>& values) {
  for (float value : values) std::printf("%.9g ", value);
  std::puts("");
}

static void print(const Bytes& bytes) {
  for (std::uint8_t byte : bytes) std::printf("%02x", byte);
  std::puts("");
}

static int show(const std::string& hex) {
  const Bytes data = bytes_of(hex);
  t2s::Reader reader;
  const t2s::Kind kind = reader.read(data.data(), data.size());
  const t2s::Frame& f = reader.frame;
  if (kind == t2s::Kind::kFrame) {
    std::printf("%lld %lld %lld %g\n", (long long)f.seq, (long long)f.pts_samples, (long long)f.captured_ns, f.song_s);
    row(f.actions), row(f.arkit), row(f.flame);
    std::printf("%d %g %d %g %g\n", f.has_voice, f.f0_hz, f.voiced, f.loudness_dbfs, f.voice);
  } else if (kind == t2s::Kind::kPong) {
    std::printf("pong %lld %lld\n", (long long)reader.pong.client_ns, (long long)reader.pong.server_ns);
  } else if (kind == t2s::Kind::kError) {
    std::printf("error %s %s\n", reader.error_code.c_str(), reader.error_message.c_str());
  } else if (kind == t2s::Kind::kHello) {
    const t2s::Hello& h = reader.hello;
    std::printf("hello %s %zu %s %zu %s %d %d\n", h.server.c_str(), h.arkit.size(), h.arkit[0].c_str(),
                h.actions.size(), h.flame_parts[1].name.c_str(), h.flame_parts[1].offset, h.flame_parts[1].size);
  } else {
    std::printf("kind %d\n", (int)kind);
  }
  return 0;
}

static int say() {
  t2s::Writer writer;
  print(writer.subscribe({"arkit", "voice"}, 30));
  print(writer.subscribe({"flame"}, 60, 1));
  print(writer.ack(300));
  print(writer.ping(1000));
  return 0;
}

// Every shortened frame is malformed, every changed one harmless (the test compiles with sanitizers).
static int broken(const std::string& hex) {
  const Bytes data = bytes_of(hex);
  t2s::Reader reader;
  for (std::size_t size = 0; size < data.size(); ++size) {
    const Bytes part(data.begin(), data.begin() + size);
    if (reader.read(part.data(), size) != t2s::Kind::kMalformed) return 1;
  }
  std::uint32_t random = 1;
  for (int i = 0; i < 20000; ++i) {
    Bytes copy = data;
    for (int k = 0; k < 3; ++k) {
      random = random * 1664525u + 1013904223u;
      copy[(random >> 8) % std::min<std::size_t>(60, copy.size())] = random >> 24;
    }
    reader.read(copy.data(), copy.size());
  }
  std::puts("refused all");
  return 0;
}

static int allocation(const std::string& hex) {
  const Bytes data = bytes_of(hex);
  t2s::Reader reader;
  t2s::Writer writer;
  t2s::Playback playback;
  t2s::Frame shown;
  long before = 0;
  for (int i = 0; i < 10100; ++i) {
    if (i == 100) before = allocations;
    reader.read(data.data(), data.size());
    reader.frame.seq = i;
    reader.frame.pts_samples = 800 * i;
    playback.push(reader.frame, i * 16.67);
    playback.sample(i * 16.67 + 5, shown);
    writer.ack(i);
  }
  std::printf("%ld\n", allocations - before);
  return 0;
}

static int replay(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::pair<double, Bytes>> arrivals;
  double at;
  for (std::string hex; file >> at >> hex;) arrivals.emplace_back(at, bytes_of(hex));
  t2s::Reader reader;
  t2s::Playback playback;
  t2s::Frame shown;
  std::size_t next = 0;
  for (int tick = 0; tick / 0.24 < arrivals.back().first; ++tick) {
    const double now = tick / 0.24;
    for (; next < arrivals.size() && arrivals[next].first <= now; ++next) {
      reader.read(arrivals[next].second.data(), arrivals[next].second.size());
      playback.push(reader.frame, arrivals[next].first);
    }
    if (!playback.sample(now, shown)) continue;
    std::printf("%.9g %lld %lld ", now, (long long)shown.pts_samples, (long long)playback.newest().pts_samples);
    row(shown.arkit);
  }
  return 0;
}

int main(int, char** words) {
  const std::string what = words[1];
  if (what == "say") return say();
  if (what == "show") return show(words[2]);
  if (what == "broken") return broken(words[2]);
  if (what == "allocation") return allocation(words[2]);
  return replay(words[2]);
}
