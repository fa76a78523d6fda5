#pragma once
#include "LiveLinkTypes.h"
