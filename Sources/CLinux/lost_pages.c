#define _GNU_SOURCE
#include "CLinux.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char *explanation;
static size_t explanation_length;

// Nothing but what may be called at any moment: the thread may hold any lock.
static void explain(int number, siginfo_t *info, void *context) {
  (void)context;
  // Sent by somebody, it says nothing about files.
  if (info->si_code == BUS_ADRERR) {
    ssize_t written = write(STDERR_FILENO, explanation, explanation_length);
    (void)written;
  }
  // The default is in force again (SA_RESETHAND), and comes once this handler returns.
  raise(number);
}

void hark_explain_lost_pages(const char *message) {
  explanation = message;
  explanation_length = strlen(message);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = explain;
  action.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}
