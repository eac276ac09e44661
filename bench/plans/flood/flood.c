// Writes the given number of megabytes in lines: as fast as it can, or at the given number of lines per second.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char line[] = "a line of an instance that says as much as it can, at byte %zu of a piece\n";

int main(int count, char **words) {
  static char piece[1 << 16];
  static const struct timespec pause = {0, 10000000};
  const char *params = getenv("TEST_INSTANCE_PARAMS");
  const char *said = params == NULL ? NULL : strstr(params, "mb=");
  long megabytes = count > 1 ? atol(words[1]) : said == NULL ? 1 : atol(said + 3);
  long rate = count > 2 ? atol(words[2]) : 0;
  size_t length = 0;
  for (long lines = 0; length + 100 < sizeof piece && (rate == 0 || lines < rate / 100); lines++)
    length += sprintf(piece + length, line, length);
  for (long left = megabytes * 1000000; left > 0; left -= length) {
    fwrite(piece, 1, length, stdout);
    if (rate == 0) continue;
    fflush(stdout);
    nanosleep(&pause, NULL);
  }
  return 0;
}
