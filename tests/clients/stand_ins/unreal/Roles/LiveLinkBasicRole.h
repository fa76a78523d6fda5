#pragma once
#include "CoreMinimal.h"

class ULiveLinkBasicRole
{
public:
    static UClass* StaticClass();
};
