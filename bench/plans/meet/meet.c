// A plan without an SDK: enters a state, waits at a barrier for all instances of the run, and reports success.
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>

static int fd;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void dial(const char *host, const char *port) {
  struct addrinfo *place;
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  if (getaddrinfo(host, port, &hints, &place) != 0) fail("getaddrinfo");
  fd = socket(place->ai_family, place->ai_socktype, 0);
  if (connect(fd, place->ai_addr, place->ai_addrlen) != 0) fail("connect");
  freeaddrinfo(place);
}

static void put(const char *bytes, size_t count) {
  for (ssize_t sent; count > 0; bytes += sent, count -= sent)
    if ((sent = write(fd, bytes, count)) <= 0) fail("write");
}

static void get(char *bytes, size_t count) {
  for (ssize_t got; count > 0; bytes += got, count -= got)
    if ((got = read(fd, bytes, count)) <= 0) fail("read");
}

// Reads the head of the HTTP response byte by byte, because frames follow it.
static void upgrade(void) {
  const char request[] =
      "GET / HTTP/1.1\r\nHost: sync\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  put(request, sizeof request - 1);
  char last[4] = {0};
  while (memcmp(last, "\r\n\r\n", 4) != 0) {
    memmove(last, last + 1, 3);
    get(last + 3, 1);
  }
}

// Sends a text frame with a mask of zeros (RFC 6455, 5.2).
static void ask(const char *text) {
  size_t length = strlen(text);
  char head[8] = {(char)0x81, (char)(0x80 | 126), (char)(length >> 8), (char)length, 0, 0, 0, 0};
  char frame[1024];
  memcpy(frame, head, sizeof head);
  memcpy(frame + sizeof head, text, length);
  put(frame, sizeof head + length);
}

// Waits for a response of less than 126 bytes, which must not be an error.
static void await_answer(void) {
  unsigned char head[2];
  char text[128] = {0};
  get((char *)head, 2);
  if (head[1] > 125) fail("an answer of that length");
  get(text, head[1]);
  if (strstr(text, "\"error\":\"\"") == NULL) {
    fprintf(stderr, "%s\n", text);
    exit(1);
  }
}

int main(void) {
  char text[900];
  const char *run = getenv("TEST_RUN"), *count = getenv("TEST_INSTANCE_COUNT");
  dial(getenv("SYNC_SERVICE_HOST"), getenv("SYNC_SERVICE_PORT"));
  upgrade();
  snprintf(text, sizeof text, "{\"id\":\"0\",\"is_cancel\":false,\"signal_entry\":{\"state\":\"run:%s:plan:meet:case:meet:states:here\"}}", run);
  ask(text);
  await_answer();
  snprintf(text, sizeof text, "{\"id\":\"1\",\"is_cancel\":false,\"barrier\":{\"state\":\"run:%s:plan:meet:case:meet:states:here\",\"target\":%s}}", run, count);
  ask(text);
  await_answer();
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  printf("{\"ts\":%ld%09ld,\"msg\":\"\",\"group_id\":\"%s\",\"run_id\":\"%s\",\"event\":{\"success_event\":{\"group\":\"%s\"}}}\n",
         (long)now.tv_sec, now.tv_nsec, getenv("TEST_GROUP_ID"), run, getenv("TEST_GROUP_ID"));
  return 0;
}
