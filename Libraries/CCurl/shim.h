// Swift cannot call variadic functions; each kind of option gets a function of its own.
#include <curl/curl.h>

typedef size_t (*akiba_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
typedef int (*akiba_curl_seek)(void *context, curl_off_t offset, int origin);

static inline CURLcode akiba_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
// Sizes are 64 bits wide even where a long is not.
static inline CURLcode akiba_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode akiba_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode akiba_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode akiba_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode akiba_curl_set_transfer(CURL *handle, CURLoption option, akiba_curl_transfer value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode akiba_curl_set_seek(CURL *handle, CURLoption option, akiba_curl_seek value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode akiba_curl_number(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode akiba_curl_size(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}
// A message carries its result in a union, which Swift reads only with care.
static inline CURLcode akiba_curl_result(const CURLMsg *message) { return message->data.result; }
static inline CURLcode akiba_curl_certificates(CURL *handle, struct curl_certinfo **value) {
  return curl_easy_getinfo(handle, CURLINFO_CERTINFO, value);
}
