// Two instances that measure the link between them: the first answers, or counts what arrives, and the second sends.
// Figures are in figures.json, in the outputs of the one that knows them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const int64_t second = 1000000000;
static const int64_t duration = 3 * second;
static const int64_t silence = second / 2;

static int64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * second + at.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in first_instance(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};
  inet_pton(AF_INET, "16.0.0.2", &address.sin_addr);
  return address;
}

static int is_first(void) {
  struct ifaddrs *all;
  if (getifaddrs(&all)) fail("getifaddrs");
  for (struct ifaddrs *each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET || strcmp(each->ifa_name, "eth1")) continue;
    return ((struct sockaddr_in *)each->ifa_addr)->sin_addr.s_addr == first_instance().sin_addr.s_addr;
  }
  fail("eth1");
  return 0;
}

// Instances share a machine: the first says by a file that it is ready, so that no packet is sent before.
static const char *outputs(void) { return getenv("TEST_OUTPUTS_PATH"); }

static void say_ready(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/ready", outputs());
  close(open(path, O_CREAT | O_WRONLY, 0644));
}

static void await_ready(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/../0/ready", outputs());
  while (access(path, F_OK)) usleep(1000);
}

static FILE *figures(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/figures.json", outputs());
  FILE *file = fopen(path, "w");
  if (!file) fail(path);
  return file;
}

static int new_socket(int type) {
  int fd = socket(AF_INET, type, 0);
  int size = 64 << 20, on = 1;
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (type == SOCK_DGRAM) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return fd;
}

static int bound(int type) {
  int fd = new_socket(type);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(7000)};
  if (bind(fd, (struct sockaddr *)&any, sizeof any)) fail("bind");
  return fd;
}

static int connected(int type) {
  struct sockaddr_in address = first_instance();
  int fd = new_socket(type);
  await_ready();
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
  return fd;
}

static int by_value(const void *one, const void *other) {
  int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
  return (a > b) - (a < b);
}

enum { count = 3000, interval = 1000000 };

static void answer(void) {
  int fd = bound(SOCK_DGRAM);
  say_ready();
  for (;;) {
    char packet[64];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
    if (length == 1) return;
    sendto(fd, packet, length, 0, (struct sockaddr *)&from, size);
  }
}

static void take_times(void) {
  static int64_t times[count];
  int fd = connected(SOCK_DGRAM), sent = 0, got = 0;
  int64_t first = -1, begin = now();
  while (got < count && now() < begin + count * (int64_t)interval + 3 * second) {
    int64_t due = begin + sent * (int64_t)interval, left = due - now();
    if (sent < count && left <= 0) {
      int64_t stamp[8] = {sent++, now()};
      send(fd, stamp, sizeof stamp, 0);
      continue;
    }
    struct timespec wait = {0, sent < count ? left : 100000000};
    struct pollfd readable = {fd, POLLIN, 0};
    if (ppoll(&readable, 1, &wait, NULL) <= 0) continue;
    int64_t stamp[8];
    if (recv(fd, stamp, sizeof stamp, MSG_DONTWAIT) != sizeof stamp) continue;
    int64_t took = now() - stamp[1];
    if (stamp[0] == 0) first = took;
    times[got++] = took;
  }
  for (int time = 0; time < 3; time++) send(fd, "", 1, 0);
  qsort(times, got, sizeof *times, by_value);
  fprintf(figures(), "{\"first\":%f,\"p50\":%f,\"p99\":%f,\"unanswered\":%d}\n", first / 1e6,
          times[got / 2] / 1e6, times[got * 99 / 100] / 1e6, count - got);
}

static void read_stream(void) {
  static char chunk[1 << 20];
  int fd = bound(SOCK_STREAM);
  if (listen(fd, 1)) fail("listen");
  say_ready();
  int from = accept(fd, NULL, NULL);
  int64_t begin = 0, end = 0, bytes = 0;
  for (ssize_t length; (length = read(from, chunk, sizeof chunk)) > 0; end = now()) {
    // What came with the first chunk came in no time.
    if (begin) bytes += length;
    else begin = now();
  }
  close(from);
  fprintf(figures(), "{\"bytesPerSecond\":%f}\n", bytes / ((end - begin) / 1e9));
}

static void write_stream(void) {
  static char chunk[1 << 20];
  int fd = connected(SOCK_STREAM);
  for (int64_t begin = now(); now() < begin + duration;)
    if (write(fd, chunk, sizeof chunk) < 0) fail("write");
  // The network of an instance goes with it, and what has not arrived by then.
  shutdown(fd, SHUT_WR);
  if (read(fd, chunk, 1) < 0) fail("read");
}

static void count_packets(void) {
  int fd = bound(SOCK_DGRAM);
  say_ready();
  int64_t got = 0, begin = 0, end = 0;
  for (;;) {
    char packet[64];
    struct pollfd readable = {fd, POLLIN, 0};
    if (poll(&readable, 1, got ? silence / 1000000 : -1) == 0) break;
    while (recv(fd, packet, sizeof packet, MSG_DONTWAIT) >= 0) got++;
    end = now();
    if (!begin) begin = end;
  }
  fprintf(figures(), "{\"received\":%lld,\"perSecond\":%f}\n", (long long)got, got / ((end - begin) / 1e9));
}

static void send_packets(int64_t every) {
  enum { batch = 32 };
  struct mmsghdr messages[batch] = {0};
  static char content[18];
  struct iovec part = {content, sizeof content};
  for (int each = 0; each < batch; each++) messages[each].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
  int fd = connected(SOCK_DGRAM);
  int64_t sent = 0;
  for (int64_t begin = now(); now() < begin + duration;) {
    if (every) while (now() < begin + sent * every) usleep(100);
    int took = sendmmsg(fd, messages, every ? 1 : batch, 0);
    if (took > 0) sent += took;
  }
  fprintf(figures(), "{\"sent\":%lld}\n", (long long)sent);
}

int main(void) {
  const char *name = getenv("TEST_CASE"), *params = getenv("TEST_INSTANCE_PARAMS");
  const char *every = params ? strstr(params, "interval=") : NULL;
  int first = is_first();
  if (!strcmp(name, "round-trips")) first ? answer() : take_times();
  else if (!strcmp(name, "stream")) first ? read_stream() : write_stream();
  else first ? count_packets() : send_packets(every ? atoll(every + strlen("interval=")) * 1000 : 0);
  puts("{\"ts\":1,\"msg\":\"\",\"group_id\":\"single\",\"run_id\":\"\",\"event\":{\"success_event\":{\"group\":\"single\"}}}");
  return 0;
}
