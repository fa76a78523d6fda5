#pragma once
#include "CoreMinimal.h"

class FTickableGameObject
{
public:
    virtual ~FTickableGameObject() = default;
    virtual void Tick(float seconds) = 0;
    virtual bool IsTickable() const { return true; }
    virtual bool IsTickableInEditor() const { return false; }
    virtual bool IsTickableWhenPaused() const { return false; }
    virtual TStatId GetStatId() const = 0;
};
