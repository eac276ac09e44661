// Writes as many megabytes of lines as it is told, as fast as it can.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words) {
  static char piece[1 << 16];
  const char *params = getenv("TEST_INSTANCE_PARAMS");
  const char *said = params == NULL ? NULL : strstr(params, "mb=");
  long megabytes = count > 1 ? atol(words[1]) : said == NULL ? 1 : atol(said + 3);
  size_t length = 0;
  while (length + 100 < sizeof piece)
    length += sprintf(piece + length, "a line of an instance that says as much as it can, at byte %zu of a piece\n", length);
  for (long left = megabytes * 1000000; left > 0; left -= length) fwrite(piece, 1, length, stdout);
  return 0;
}
