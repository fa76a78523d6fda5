/* A CUDA driver without a GPU, for tests: the functions that backends/cuda.py calls, on ordinary memory.
 * Stricter than it need be: addresses of the GPU are no pointers, copies happen when their stream is waited
 * for (or, uploads, when it executes), and a thread that has not chosen the GPU may not use it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID = 1, NO_CONTEXT = 201, MOST = 256 };
#define TAG ((uint64_t)1 << 60)

struct copy { void *to; const void *from; size_t size; };
struct stream { struct copy waiting[MOST]; int count; };

int fake_devices = 1, fake_major = 8, fake_minor = 9, fake_live = 0, fake_broken = 0;
static int the_context;
static _Thread_local void *current;

int cuInit(unsigned flags) { return flags ? INVALID : OK; }
int cuGetErrorString(int code, const char **text) { *text = code == INVALID ? "invalid argument" : "made up"; return OK; }
int cuDeviceGetCount(int *count) { *count = fake_devices; return OK; }
int cuDeviceGet(int *device, int ordinal) { *device = 40 + ordinal; return ordinal < fake_devices ? OK : INVALID; }
int cuDeviceGetName(char *name, int size, int device) {
  if (device != 40) return INVALID;
  strncpy(name, "Test Card 9000", (size_t)size);
  return OK;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  if (device != 40 || (attribute != 75 && attribute != 76)) return INVALID;
  *value = attribute == 75 ? fake_major : fake_minor;
  return OK;
}
int cuDevicePrimaryCtxRetain(void **context, int device) { *context = &the_context; return device == 40 ? OK : INVALID; }
int cuCtxSetCurrent(void *context) { current = context; return context == &the_context ? OK : INVALID; }

int cuStreamCreate(void **stream, unsigned flags) {
  if (!current) return NO_CONTEXT;
  *stream = calloc(1, sizeof(struct stream));
  fake_live++;
  return flags == 1 ? OK : INVALID;
}
int fake_flush(void *stream) {
  struct stream *s = stream;
  if (!current) return NO_CONTEXT;
  for (int i = 0; i < s->count; i++) memcpy(s->waiting[i].to, s->waiting[i].from, s->waiting[i].size);
  s->count = 0;
  return OK;
}
int cuStreamSynchronize(void *stream) { return fake_broken ? fake_broken : fake_flush(stream); }
int cuStreamDestroy_v2(void *stream) { free(stream); fake_live--; return OK; }

int cuMemAlloc_v2(uint64_t *address, size_t size) {
  if (!current) return NO_CONTEXT;
  char *memory = malloc(size);
  memset(memory, 0x7f, size); /* memory of a GPU is not zero */
  *address = (uint64_t)memory | TAG;
  fake_live++;
  return OK;
}
int cuMemFree_v2(uint64_t address) {
  if (!(address & TAG)) return INVALID;
  free((void *)(address & ~TAG));
  fake_live--;
  return OK;
}
int cuMemHostAlloc(void **memory, size_t size, unsigned flags) {
  if (!current || flags) return INVALID;
  *memory = malloc(size);
  memset(*memory, 0x7f, size);
  fake_live++;
  return OK;
}
int cuMemFreeHost(void *memory) { free(memory); fake_live--; return OK; }

static int enqueue(void *to, const void *from, size_t size, struct stream *stream) {
  if (!current) return NO_CONTEXT;
  if (!stream || stream->count == MOST) return INVALID;
  struct copy copy = {to, from, size};
  stream->waiting[stream->count++] = copy;
  return OK;
}
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t size, void *stream) {
  return to & TAG ? enqueue((void *)(to & ~TAG), from, size, stream) : INVALID;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t size, void *stream) {
  return from & TAG ? enqueue(to, (const void *)(from & ~TAG), size, stream) : INVALID;
}
