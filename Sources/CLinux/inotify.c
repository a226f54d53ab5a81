#define _GNU_SOURCE
#include "CLinux.h"

#include <string.h>
#include <sys/inotify.h>

int hark_inotify_next(
  const void *buffer, size_t count, size_t *offset, struct hark_inotify_event *event) {
  struct inotify_event record;
  if (*offset > count || count - *offset < sizeof record) return 0;
  const char *start = (const char *)buffer + *offset;
  memcpy(&record, start, sizeof record);
  if (record.len > count - *offset - sizeof record) return 0;
  event->watch = record.wd;
  event->mask = record.mask;
  event->cookie = record.cookie;
  event->name = start + sizeof record;
  event->name_length = (uint32_t)strnlen(event->name, record.len);
  *offset += sizeof record + record.len;
  return 1;
}
