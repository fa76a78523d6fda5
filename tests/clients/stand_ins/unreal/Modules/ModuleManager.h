#pragma once
#include "CoreMinimal.h"

class IModuleInterface
{
public:
    virtual ~IModuleInterface() = default;
};

class FDefaultModuleImpl : public IModuleInterface
{
};

class FModuleManager
{
public:
    template <typename Module>
    static Module& LoadModuleChecked(FName name)
    {
        static_assert(std::is_base_of_v<IModuleInterface, Module>, "no module");
        return Load<Module>(name);
    }

private:
    template <typename Module>
    static Module& Load(FName name);
};

#define IMPLEMENT_MODULE(type, name) using StandInModuleOf##name = type;
