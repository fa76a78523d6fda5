// Reads a live face with the C++ kit. Prints what tests/clients/test_cpp.py reads.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <websocketpp/client.hpp>
#include <websocketpp/config/core_client.hpp>

#include "t2s_face.hpp"

static std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A live face through websocketpp, whose bytes go over a plain socket.
int main(int, char** words) {
  const int port = std::stoi(words[1]), wanted = std::stoi(words[2]);
  using Client = websocketpp::client<websocketpp::config::core_client>;
  const int wire = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (connect(wire, (sockaddr*)&address, sizeof address)) return std::puts("no connection"), 1;
  Client client;
  client.clear_access_channels(websocketpp::log::alevel::all);
  client.set_write_handler([wire](websocketpp::connection_hdl, const char* data, std::size_t size) {
    const bool sent = send(wire, data, size, 0) == (ssize_t)size;
    return sent ? websocketpp::lib::error_code() : make_error_code(websocketpp::error::general);
  });
  t2s::Reader reader;
  t2s::Writer writer;
  t2s::Playback playback;
  t2s::ServerClock clock;
  int frames = 0;
  bool fine = true;
  client.set_message_handler([&](websocketpp::connection_hdl handle, Client::message_ptr message) {
    const auto say = [&](const t2s::Writer::Bytes& bytes) {
      client.send(handle, bytes.data(), bytes.size(), websocketpp::frame::opcode::binary);
    };
    const std::string& data = message->get_payload();
    switch (reader.read(data.data(), data.size())) {
      case t2s::Kind::kHello:
        say(writer.subscribe({"arkit", "voice"}, 60, 12));
        say(writer.ping(now_ns()));
        break;
      case t2s::Kind::kFrame:
        ++frames;
        playback.push(reader.frame, now_ns() * 1e-6);
        say(writer.ack(reader.frame.seq));
        break;
      case t2s::Kind::kPong:
        clock.answer(reader.pong, now_ns());
        break;
      case t2s::Kind::kMalformed:
        fine = false;
        break;
      default:
        break;
    }
  });
  websocketpp::lib::error_code problem;
  const auto connection = client.get_connection("ws://127.0.0.1:" + std::to_string(port) + "/ws", problem);
  connection->add_subprotocol(t2s::kSubProtocol);
  client.connect(connection);
  char buffer[4096];
  while (fine && frames < wanted) {
    const ssize_t count = recv(wire, buffer, sizeof buffer, 0);
    if (count <= 0) return std::puts("the connection ended"), 1;
    connection->read_all(buffer, count);
  }
  close(wire);
  t2s::Frame shown;
  playback.sample(now_ns() * 1e-6, shown);
  std::printf("%s|%d|%g|%zu|%g|%d\n", reader.hello.server.c_str(), frames,
              shown.arkit[reader.hello.arkit_index("jawOpen")], shown.flame.size(), shown.f0_hz, clock.known());
  return fine ? 0 : 1;
}
