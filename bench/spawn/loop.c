// The lower bound for starting processes: posix_spawn, plus the folders that a run creates.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

// loop <program> <count> <folder>
int main(int argc, char **argv) {
  if (argc != 4) return 2;
  char *program[] = {argv[1], NULL};
  char outputs[4096], temp[4096], work[4200], out[4200], err[4200];
  for (int i = 0; i < atoi(argv[2]); i++) {
    snprintf(outputs, sizeof outputs, "%s/outputs/%d", argv[3], i);
    snprintf(temp, sizeof temp, "%s/temp/%d", argv[3], i);
    snprintf(work, sizeof work, "%s/work", temp);
    snprintf(out, sizeof out, "%s/run.out", outputs);
    snprintf(err, sizeof err, "%s/run.err", outputs);
    if (mkdir(outputs, 0777) != 0 || mkdir(temp, 0777) != 0 || mkdir(work, 0777) != 0) return 1;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out, O_CREAT | O_APPEND | O_WRONLY, 0666);
    posix_spawn_file_actions_addopen(&files, 2, err, O_CREAT | O_APPEND | O_WRONLY, 0666);
    posix_spawn_file_actions_addchdir_np(&files, work);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t pid;
    if (posix_spawn(&pid, program[0], &files, &attributes, program, environ) != 0) return 1;
    posix_spawn_file_actions_destroy(&files);
    while (waitpid(-1, NULL, WNOHANG) > 0)
      ;
  }
  while (waitpid(-1, NULL, 0) > 0)
    ;
  return 0;
}
